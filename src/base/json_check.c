/* Checks JSON without keeping any of it. Brackets are followed by a stack of bits instead of by
 * recursion, so that no text can exhaust ours. */
#include "base/json_check.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

struct check {
    const char *at, *end;
};

static void skip_blanks(struct check *c)
{
    while (c->at < c->end && memchr(" \t\r\n", *c->at, 4))
        c->at++;
}

static bool take(struct check *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static bool take_word(struct check *c, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(c->end - c->at) < len || memcmp(c->at, word, len) != 0)
        return false;
    c->at += len;
    return true;
}

static bool is_digit(const struct check *c)
{
    return c->at < c->end && *c->at >= '0' && *c->at <= '9';
}

static bool take_digits(struct check *c)
{
    if (!is_digit(c))
        return false;
    while (is_digit(c))
        c->at++;
    return true;
}

static bool take_number(struct check *c)
{
    take(c, '-');
    if (!take(c, '0') && !take_digits(c))
        return false;
    if (take(c, '.') && !take_digits(c))
        return false;
    if (!take(c, 'e') && !take(c, 'E'))
        return true;
    if (!take(c, '+'))
        take(c, '-');
    return take_digits(c);
}

static bool take_escape(struct check *c)
{
    if (c->at == c->end)
        return false;
    char kind = *c->at++;
    if (kind != 'u')
        return kind != '\0' && strchr("\"\\/bfnrt", kind);
    for (int i = 0; i < 4; i++) {
        if (c->at == c->end || !*c->at || !strchr("0123456789abcdefABCDEF", *c->at))
            return false;
        c->at++;
    }
    return true;
}

static bool take_text(struct check *c)
{
    if (!take(c, '"'))
        return false;
    while (c->at < c->end && *c->at != '"') {
        bool valid;
        if (take(c, '\\')) {
            if (!take_escape(c))
                return false;
            continue;
        }
        if ((unsigned char)*c->at < 0x20)
            return false;
        c->at += utf8_step(c->at, (size_t)(c->end - c->at), &valid);
        if (!valid)
            return false;
    }
    return take(c, '"');
}

static bool take_scalar(struct check *c)
{
    return take_text(c) || take_word(c, "true") || take_word(c, "false") || take_word(c, "null") ||
           take_number(c);
}

static bool take_key(struct check *c)
{
    skip_blanks(c);
    if (!take_text(c))
        return false;
    skip_blanks(c);
    return take(c, ':');
}

/* What is open: bit i of `objects` tells whether the bracket at depth i is an object's. */
struct open {
    uint64_t objects;
    int depth;
};

static bool in_object(const struct open *o)
{
    return o->objects >> (o->depth - 1) & 1;
}

/* Brackets that open, down to a value that has ended: a scalar, or an empty bracket. */
static bool take_opening(struct check *c, struct open *o)
{
    for (;;) {
        skip_blanks(c);
        bool object = take(c, '{');
        if (!object && !take(c, '['))
            return take_scalar(c);
        skip_blanks(c);
        if (take(c, object ? '}' : ']'))
            return true;
        if (o->depth == JSON_CHECK_DEPTH_MAX)
            return false;
        o->objects &= ~(1ull << o->depth);
        o->objects |= (uint64_t)object << o->depth++;
        if (object && !take_key(c))
            return false;
    }
}

/* Brackets that close behind a value, up to a comma (*ret_more) or the end of it all. */
static bool take_closing(struct check *c, struct open *o, bool *ret_more)
{
    *ret_more = false;
    while (o->depth) {
        skip_blanks(c);
        if (take(c, ',')) {
            *ret_more = true;
            return !in_object(o) || take_key(c);
        }
        if (!take(c, in_object(o) ? '}' : ']'))
            return false;
        o->depth--;
    }
    return true;
}

bool json_check(const char *text, size_t len_bytes)
{
    struct check c = {text, text + len_bytes};
    struct open open = {0};
    bool more = true;
    while (more) {
        if (!take_opening(&c, &open) || !take_closing(&c, &open, &more))
            return false;
    }
    skip_blanks(&c);
    return c.at == c.end;
}

bool json_check_object(const char *text, size_t len_bytes)
{
    struct check c = {text, text + len_bytes};
    skip_blanks(&c);
    return c.at < c.end && *c.at == '{' && json_check(text, len_bytes);
}
