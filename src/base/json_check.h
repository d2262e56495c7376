/* Is a text JSON? For values that somebody else wrote and that are to become part of ours. */
#ifndef HEATLINE_BASE_JSON_CHECK_H
#define HEATLINE_BASE_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

enum { JSON_CHECK_DEPTH_MAX = 64 }; /* deeper ones are refused */

/* One value by RFC 8259 with nothing behind it, in well-formed UTF-8. */
bool json_check(const char *text, size_t len_bytes);
/* The same, and it is an object. */
bool json_check_object(const char *text, size_t len_bytes);

#endif
