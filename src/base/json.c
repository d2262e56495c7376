/* Writes JSON. Knows where commas, line breaks and escapes go; knows nothing of what is written. */
#include "base/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_check.h"
#include "base/utf8.h"

enum { JSON_PRETTY_DEPTH = 2, JSON_DOUBLE_DECIMALS_MAX = 17 };

static void json_break(struct json *j)
{
    if (!j->pretty || j->depth > JSON_PRETTY_DEPTH)
        return;
    out_bytes(j->out, "\n    ", 1 + 2 * (size_t)j->depth);
}

/* What stands before a value or a key. */
static void json_next(struct json *j)
{
    if (j->keyed) {
        j->keyed = false;
        return;
    }
    if (!j->depth)
        return;
    if (j->filled[j->depth - 1])
        out_bytes(j->out, ",", 1);
    j->filled[j->depth - 1] = true;
    json_break(j);
}

static void json_open(struct json *j, const char *bracket)
{
    json_next(j);
    assert(j->depth < JSON_DEPTH_MAX);
    out_bytes(j->out, bracket, 1);
    j->filled[j->depth++] = false;
}

static void json_close(struct json *j, const char *bracket)
{
    assert(j->depth > 0);
    if (j->filled[--j->depth] && j->depth < JSON_PRETTY_DEPTH)
        json_break(j);
    out_bytes(j->out, bracket, 1);
}

/* The escape for a byte that cannot stand for itself; NULL for all others. */
static const char *json_escape(unsigned char byte, char *buffer, size_t buffer_bytes)
{
    switch (byte) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    }
    if (byte >= 0x20)
        return NULL;
    snprintf(buffer, buffer_bytes, "\\u%04x", byte);
    return buffer;
}

/* Most bytes are. */
static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static void json_quote(struct json *j, const char *text, size_t len_bytes)
{
    const char *end = text + len_bytes, *kept = text;
    out_bytes(j->out, "\"", 1);
    while (text < end) {
        bool valid;
        char buffer[8];
        if (is_plain((unsigned char)*text)) {
            text++;
            continue;
        }
        size_t len = utf8_step(text, (size_t)(end - text), &valid);
        const char *instead =
            valid ? json_escape((unsigned char)*text, buffer, sizeof buffer) : UTF8_REPLACEMENT;
        if (instead) {
            out_bytes(j->out, kept, (size_t)(text - kept));
            out_text(j->out, instead);
            kept = text + len;
        }
        text += len;
    }
    out_bytes(j->out, kept, (size_t)(end - kept));
    out_bytes(j->out, "\"", 1);
}

void json_init(struct json *j, struct out *out)
{
    *j = (struct json){.out = out};
}

void json_object(struct json *j)
{
    json_open(j, "{");
}

void json_object_end(struct json *j)
{
    json_close(j, "}");
}

void json_array(struct json *j)
{
    json_open(j, "[");
}

void json_array_end(struct json *j)
{
    json_close(j, "]");
}

void json_key(struct json *j, const char *key)
{
    json_next(j);
    json_quote(j, key, strlen(key));
    out_text(j->out, j->pretty ? ": " : ":");
    j->keyed = true;
}

void json_text(struct json *j, const char *text)
{
    json_text_bytes(j, text, strlen(text));
}

void json_text_bytes(struct json *j, const char *text, size_t len_bytes)
{
    json_next(j);
    json_quote(j, text, len_bytes);
}

/* Written by hand: exporters write millions of numbers. */
static void json_digits(struct json *j, bool negative, uint64_t magnitude)
{
    char digits[21];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude);
    if (negative)
        digits[--at] = '-';
    json_next(j);
    out_bytes(j->out, digits + at, sizeof digits - at);
}

void json_int(struct json *j, int64_t value)
{
    json_digits(j, value < 0, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void json_uint(struct json *j, uint64_t value)
{
    json_digits(j, false, value);
}

static void json_number(struct json *j, char *text)
{
    char *comma = strchr(text, ','); /* the locale's */
    if (comma)
        *comma = '.';
    json_next(j);
    out_text(j->out, text);
}

void json_double(struct json *j, double value, int decimals)
{
    if (!isfinite(value)) {
        json_null(j);
        return;
    }
    if (decimals > JSON_DOUBLE_DECIMALS_MAX)
        decimals = JSON_DOUBLE_DECIMALS_MAX;
    char text[384]; /* 309 digits, sign, point, decimals */
    snprintf(text, sizeof text, "%.*f", decimals < 0 ? 0 : decimals, value);
    json_number(j, text);
}

void json_fixed(struct json *j, uint64_t value, int decimals)
{
    char digits[24];
    size_t at = sizeof digits;
    for (int i = 0; i < decimals || value || i == decimals; i++) {
        if (i == decimals && i)
            digits[--at] = '.';
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    }
    json_next(j);
    out_bytes(j->out, digits + at, sizeof digits - at);
}

void json_real(struct json *j, double value)
{
    char text[32];
    if (!isfinite(value)) {
        json_null(j);
        return;
    }
    snprintf(text, sizeof text, "%.15g", value);
    if (strtod(text, NULL) != value)
        snprintf(text, sizeof text, "%.17g", value);
    json_number(j, text);
}

void json_value(struct json *j, const char *text, size_t len_bytes)
{
    if (!json_check(text, len_bytes)) {
        json_text_bytes(j, text, len_bytes);
        return;
    }
    json_next(j);
    out_bytes(j->out, text, len_bytes);
}

void json_bool(struct json *j, bool value)
{
    json_next(j);
    out_text(j->out, value ? "true" : "false");
}

void json_null(struct json *j)
{
    json_next(j);
    out_text(j->out, "null");
}
