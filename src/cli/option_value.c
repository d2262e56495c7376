/* Turns the text of a value into what the row's kind stores, and says what would have been right.
 * It knows one row at a time; where the value stood on the command line is option.c's business. */
#include "cli/option_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/suggest.h"

static int parse_uint(const char *text, uint64_t *ret_value)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = hex ? text + 2 : text;

    if (!isxdigit((unsigned char)*digits))
        return -1;
    errno = 0;
    char *end;
    unsigned long long value = strtoull(digits, &end, hex ? 16 : 10);
    if (errno != 0 || *end != '\0' || end == digits)
        return -1;
    *ret_value = value;
    return 0;
}

static int put_uint(const struct option *row, const char *text, uint64_t *at, struct err *err)
{
    uint64_t value;

    if (parse_uint(text, &value) != 0 || value < row->min || value > row->max)
        return err_set(err, STATUS_USAGE, "--%s takes a whole number from %llu to %llu, not '%s'",
                       row->name, (unsigned long long)row->min, (unsigned long long)row->max, text);
    *at = value;
    return 0;
}

/* Not strtod: it would take "inf", "nan", "0x1p3" and, in some locales, a decimal comma only. */
static int parse_seconds(const char *text, uint64_t *ret_ns)
{
    uint64_t ns = 0, unit = NS_PER_S;
    bool fraction = false, digits = false;

    for (; *text != '\0'; text++) {
        if (*text == '.' && !fraction) {
            fraction = true;
        } else if (!isdigit((unsigned char)*text)) {
            return -1;
        } else if (fraction) {
            digits = true;
            unit /= 10;
            ns += unit * (uint64_t)(*text - '0');
        } else {
            digits = true;
            if (ns > UINT64_MAX / 20)
                return -1;
            ns = ns * 10 + (uint64_t)(*text - '0') * NS_PER_S;
        }
    }
    *ret_ns = ns;
    return digits ? 0 : -1;
}

static int put_seconds(const struct option *row, const char *text, uint64_t *at, struct err *err)
{
    bool unlimited = row->max == OPTION_UNLIMITED;
    uint64_t ns;

    if (unlimited && strcasecmp(text, "unlimited") == 0) {
        *at = OPTION_UNLIMITED;
        return 0;
    }
    if (parse_seconds(text, &ns) != 0 || ns < row->min || ns > row->max)
        return err_set(err, STATUS_USAGE, "--%s takes seconds%s%s, not '%s'", row->name,
                       row->min > 0 ? " above 0" : "", unlimited ? " or 'unlimited'" : "", text);
    *at = ns;
    return 0;
}

/* `unit_ns`: of a number without a unit. */
static int parse_time(const char *text, size_t len, uint64_t unit_ns, uint64_t *ret_ns)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000 * 1000}, {"s", NS_PER_S}};
    char number[32];
    uint64_t billionths;
    size_t digits = strspn(text, "0123456789.");

    if (digits > len)
        digits = len;
    if (digits >= sizeof number)
        return -1;
    memcpy(number, text, digits);
    number[digits] = '\0';
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (len - digits == strlen(units[i].name) &&
            strncmp(text + digits, units[i].name, len - digits) == 0) {
            unit_ns = units[i].ns;
            len = digits;
        }
    }
    if (len != digits || parse_seconds(number, &billionths) != 0)
        return -1;
    *ret_ns = (uint64_t)((unsigned __int128)billionths * unit_ns / NS_PER_S);
    return 0;
}

int option_parse_time(const char *text, uint64_t *ret_ns)
{
    return parse_time(text, strlen(text), 1000, ret_ns);
}

static int put_time(const struct option *row, const char *text, uint64_t *at, struct err *err)
{
    if (parse_time(text, strlen(text), 1000, at) != 0)
        return err_set(err, STATUS_USAGE,
                       "--%s takes a time like 300ns, 5.5us, 2ms or 1s, not '%s'", row->name, text);
    return 0;
}

static int put_size(const struct option *row, const char *text, uint64_t *at, struct err *err)
{
    static const char units[] = "KMGT";
    size_t digits = strspn(text, "0123456789");
    const char *unit = text[digits] ? strchr(units, toupper((unsigned char)text[digits])) : NULL;
    bool valid = digits > 0 && digits < 12 && (unit ? !text[digits + 1] : !text[digits]);
    uint64_t bytes = valid ? strtoull(text, NULL, 10) << (unit ? 10 * (unit - units + 1) : 20) : 0;

    if (!valid || bytes < row->min || bytes > row->max)
        return err_set(err, STATUS_USAGE,
                       "--%s takes a size of at least %lluM like 512M or 4G, not '%s'", row->name,
                       (unsigned long long)(row->min >> 20), text);
    *at = bytes;
    return 0;
}

static int put_range(const struct option *row, const char *text, struct option_range *at,
                     struct err *err)
{
    const char *dots = strstr(text, "..");
    struct option_range range = {0};
    bool from = dots != NULL && dots > text, to = dots != NULL && dots[2] != '\0';

    if ((!from && !to) ||
        (from && parse_time(text, (size_t)(dots - text), NS_PER_S, &range.from_ns) != 0) ||
        (to && (parse_time(dots + 2, strlen(dots + 2), NS_PER_S, &range.to_ns) != 0 ||
                range.to_ns <= range.from_ns)))
        return err_set(err, STATUS_USAGE, "--%s takes FROM..TO like 1.5..2 or 20ms..30ms, not '%s'",
                       row->name, text);
    *at = range;
    return 0;
}

static int put_choice(const struct option *row, const char *text, int *at, struct err *err)
{
    struct str names = STR_EMPTY;

    for (int i = 0; row->choice((size_t)i) != NULL; i++) {
        const char *name = row->choice((size_t)i);
        if (strcasecmp(text, name) == 0) {
            *at = i;
            str_release(&names);
            return 0;
        }
        str_printf(&names, "%s%s", i > 0 ? ", " : "", name);
    }
    err_set(err, STATUS_USAGE, "--%s takes one of %s, not '%s'", row->name, names.data, text);
    str_release(&names);
    const char *near = suggest_choice(text, row->choice);
    return near != NULL ? err_hint(err, "did you mean '%s'?", near) : -1;
}

static void put_text_last(struct vec *texts, const char *text)
{
    if (texts->item_bytes == 0)
        vec_init(texts, sizeof(const char *));
    vec_resize(texts, texts->len + 2);
    texts->len--;
    ((const char **)texts->data)[texts->len - 1] = text;
    ((const char **)texts->data)[texts->len] = NULL;
}

int option_value(const struct option *row, const char *text, void *at, struct err *err)
{
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)at = true;
        return 0;
    case OPTION_COUNT:
        ++*(uint64_t *)at;
        return 0;
    case OPTION_SET:
        *(int *)at = (int)row->min;
        return 0;
    case OPTION_CHOICE:
        return put_choice(row, text, at, err);
    case OPTION_UINT:
        return put_uint(row, text, at, err);
    case OPTION_UINTS: {
        struct vec *numbers = at;
        uint64_t value;
        if (put_uint(row, text, &value, err) != 0)
            return -1;
        if (numbers->item_bytes == 0)
            vec_init(numbers, sizeof(uint64_t));
        *(uint64_t *)vec_push(numbers) = value;
        return 0;
    }
    case OPTION_SECONDS:
        return put_seconds(row, text, at, err);
    case OPTION_TIME:
        return put_time(row, text, at, err);
    case OPTION_SIZE:
        return put_size(row, text, at, err);
    case OPTION_RANGE:
        return put_range(row, text, at, err);
    case OPTION_TEXT:
        *(const char **)at = text;
        return 0;
    case OPTION_TEXTS:
        put_text_last(at, text);
        return 0;
    case OPTION_HELP:
    case OPTION_RCFILE:
        return 0;
    }
    return 0;
}
