/* A JSON writer: commas, escapes and nesting are its business. Bytes that are not UTF-8 become
 * U+FFFD, lone surrogates (as CPython's "surrogatepass" writes them) too. */
#ifndef HEATLINE_BASE_JSON_H
#define HEATLINE_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/out.h"

enum { JSON_DEPTH_MAX = 32 };

struct json {
    struct out *out;
    int depth;
    bool filled[JSON_DEPTH_MAX]; /* a value was written at this depth: the next needs a comma */
    bool keyed;                  /* a key was written: its value needs none */
    bool pretty;                 /* a newline and indent before each value down to depth 2 */
};

void json_init(struct json *j, struct out *out);
void json_object(struct json *j);
void json_object_end(struct json *j);
void json_array(struct json *j);
void json_array_end(struct json *j);
void json_key(struct json *j, const char *key);
void json_text(struct json *j, const char *text);
void json_text_bytes(struct json *j, const char *text, size_t len_bytes);
void json_int(struct json *j, int64_t value);
void json_uint(struct json *j, uint64_t value);
void json_double(struct json *j, double value, int decimals); /* NaN and infinities become null */
/* value / 10^decimals, exactly: 1234567 and 3 make 1234.567. */
void json_fixed(struct json *j, uint64_t value, int decimals);
/* With as many digits as it takes to read the same number back; NaN and infinities become null. */
void json_real(struct json *j, double value);
/* A value that is JSON already; if it is not, it becomes a string. */
void json_value(struct json *j, const char *text, size_t len_bytes);
void json_bool(struct json *j, bool value);
void json_null(struct json *j);

#endif
