/* Knows ints of any size, floats and complex numbers, and how Python writes them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpython/repr_parts.h"

enum {
    DIGIT_BITS = 30,
    DIGITS_MAX = 512, /* ≈ 4,600 decimal digits: Python's own repr stops at 4,300 */
    CHUNK = 1000000000,
    CHUNK_DIGITS = 9,
    CHUNKS_MAX = DIGITS_MAX * 31 / 30 + 2,
};

struct integer {
    bool negative;
    uint64_t count;
    uint32_t digits[DIGITS_MAX]; /* least significant first */
};

/* ≤ 3.11: ob_size is the count with the sign; later lv_tag has it above three bits, the lower two
 * of which are 0 positive, 1 zero, 2 negative. */
static enum rd integer_read(struct repr *r, uint64_t object, struct integer *ret)
{
    uint64_t tag;
    enum rd rd = mem_read_u64(r->mem, object + r->layout->long_tag, &tag);
    if (rd != RD_OK)
        return rd;
    if (layout_minor(r->layout) <= 11) {
        ret->negative = (int64_t)tag < 0;
        ret->count = ret->negative ? -tag : tag;
    } else {
        ret->negative = (tag & 3) == 2;
        ret->count = (tag & 3) == 1 ? 0 : tag >> 3;
        if ((tag & 3) == 3)
            return RD_TORN;
    }
    if (ret->count > (uint64_t)1 << 40)
        return RD_TORN;
    uint64_t held = ret->count < DIGITS_MAX ? ret->count : 0;
    rd = mem_read(r->mem, object + r->layout->long_digits, ret->digits, held * 4);
    for (uint64_t i = 0; rd == RD_OK && i < held; i++)
        if (ret->digits[i] >> DIGIT_BITS)
            rd = RD_TORN;
    return rd;
}

/* By dividing again and again by 10⁹. */
static void put_decimal(struct repr *r, struct integer *n)
{
    uint32_t chunks[CHUNKS_MAX];
    char text[CHUNKS_MAX * CHUNK_DIGITS + 2];
    size_t count = 0, len = 0;
    while (n->count && count < CHUNKS_MAX) {
        uint64_t rest = 0;
        for (uint64_t i = n->count; i-- > 0;) {
            rest = rest << DIGIT_BITS | n->digits[i];
            n->digits[i] = (uint32_t)(rest / CHUNK);
            rest %= CHUNK;
        }
        chunks[count++] = (uint32_t)rest;
        while (n->count && !n->digits[n->count - 1])
            n->count--;
    }
    if (n->negative)
        text[len++] = '-';
    for (size_t i = count; i-- > 0;)
        len += (size_t)sprintf(text + len, i + 1 == count ? "%u" : "%09u", chunks[i]);
    if (!count)
        text[len++] = '0';
    text[len] = '\0';
    if (len > r->left) {
        repr_put_bytes(r, text, len);
        repr_left_out(r);
        return;
    }
    repr_put_bytes(r, text, len);
}

enum rd repr_int(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)type;
    struct integer n;
    enum rd rd = integer_read(r, object, &n);
    if (rd != RD_OK)
        return rd;
    if (n.count < DIGITS_MAX) {
        put_decimal(r, &n);
        return RD_OK;
    }
    repr_printf(r, "<%sint of about %llu digits", n.negative ? "negative " : "",
                (unsigned long long)((double)n.count * DIGIT_BITS * 0.30103));
    repr_close(r, ">");
    r->cut = true;
    return RD_OK;
}

enum rd repr_bool(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)type;
    struct integer n;
    enum rd rd = integer_read(r, object, &n);
    if (rd == RD_OK && (n.negative || n.count > 1 || (n.count && n.digits[0] > 1)))
        rd = RD_TORN;
    if (rd == RD_OK)
        repr_put(r, n.count && n.digits[0] ? "True" : "False");
    return rd;
}

static bool round_trips(const char *text, double value, bool single)
{
    return single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value;
}

/* The fewest digits that read back as the same number; then float.__repr__'s choice of notation
 * (Python/pystrtod.c, format 'r'). */
void repr_double(struct repr *r, double value, bool point, bool single)
{
    char text[40], digits[24];
    if (isnan(value) || isinf(value)) {
        repr_put(r, isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
        return;
    }
    for (int precision = 0; precision <= 17; precision++) {
        snprintf(text, sizeof(text), "%.*e", precision, value);
        if (round_trips(text, value, single))
            break;
    }
    char *exponent_at = strchr(text, 'e');
    int exponent = atoi(exponent_at + 1);
    size_t count = 0;
    for (const char *at = text; at < exponent_at; at++)
        if (*at >= '0' && *at <= '9')
            digits[count++] = *at;
    digits[count] = '\0';
    if (signbit(value))
        repr_put(r, "-");
    if (exponent < -4 || exponent >= 16) {
        repr_printf(r, "%c%s%se%+03d", digits[0], count > 1 ? "." : "", digits + 1, exponent);
        return;
    }
    if (exponent < 0) {
        repr_printf(r, "0.%.*s%s", -exponent - 1, "0000", digits);
        return;
    }
    size_t whole = (size_t)exponent + 1;
    for (size_t i = 0; i < whole; i++)
        repr_printf(r, "%c", i < count ? digits[i] : '0');
    if (count > whole)
        repr_printf(r, ".%s", digits + whole);
    else if (point)
        repr_put(r, ".0");
}

enum rd repr_float(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)type;
    double value;
    enum rd rd = mem_read(r->mem, object + r->layout->object_bytes, &value, sizeof(value));
    if (rd == RD_OK)
        repr_double(r, value, true, false);
    return rd;
}

enum rd repr_complex(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)type;
    double parts[2];
    enum rd rd = mem_read(r->mem, object + r->layout->object_bytes, parts, sizeof(parts));
    if (rd != RD_OK)
        return rd;
    bool imaginary_only = parts[0] == 0 && !signbit(parts[0]);
    if (!imaginary_only) {
        repr_put(r, "(");
        repr_double(r, parts[0], false, false);
        if (!signbit(parts[1]) || isnan(parts[1]))
            repr_put(r, "+");
    }
    repr_double(r, parts[1], false, false);
    repr_close(r, imaginary_only ? "j" : "j)");
    return RD_OK;
}
