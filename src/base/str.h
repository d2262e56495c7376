/* A growable byte string, always NUL-ended once something was added. */
#ifndef HEATLINE_BASE_STR_H
#define HEATLINE_BASE_STR_H

#include <stdarg.h>
#include <stddef.h>

struct str {
    char *data; /* NULL while empty and never grown */
    size_t len, cap;
};

#define STR_EMPTY ((struct str){0})

void str_release(struct str *s);
void str_clear(struct str *s); /* len = 0, memory kept */
void str_add(struct str *s, const char *text);
void str_add_bytes(struct str *s, const void *bytes, size_t len_bytes);
void str_printf(struct str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void str_vprintf(struct str *s, const char *format, va_list args);

#endif
