/* UTF-8 that may be none. */
#ifndef HEATLINE_BASE_UTF8_H
#define HEATLINE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#define UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Length of what stands at `at`, len_bytes > 0: one well-formed character (*ret_valid), or the bytes
 * that one U+FFFD shall replace: what can no longer become a character, or a whole surrogate as
 * CPython's "surrogatepass" writes it. */
size_t utf8_step(const char *at, size_t len_bytes, bool *ret_valid);

void utf8_repair(struct str *ret, const char *text, size_t len_bytes); /* appends */

#endif
