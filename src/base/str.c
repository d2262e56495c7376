/* Growable byte strings; they may hold NULs, the NUL at the end is not counted. */
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static void str_reserve(struct str *s, size_t more_bytes)
{
    size_t need = s->len + more_bytes + 1;
    if (need <= s->cap)
        return;
    size_t cap = s->cap < 32 ? 64 : s->cap * 2;
    if (cap < need)
        cap = need;
    s->data = alloc_resize(s->data, cap, 1);
    s->cap = cap;
}

void str_release(struct str *s)
{
    free(s->data);
    *s = STR_EMPTY;
}

void str_clear(struct str *s)
{
    s->len = 0;
    if (s->data)
        s->data[0] = '\0';
}

void str_add(struct str *s, const char *text)
{
    str_add_bytes(s, text, strlen(text));
}

void str_add_bytes(struct str *s, const void *bytes, size_t len_bytes)
{
    str_reserve(s, len_bytes);
    if (len_bytes)
        memcpy(s->data + s->len, bytes, len_bytes);
    s->len += len_bytes;
    s->data[s->len] = '\0';
}

void str_printf(struct str *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str_vprintf(s, format, args);
    va_end(args);
}

void str_vprintf(struct str *s, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    str_reserve(s, 64);
    int len = vsnprintf(s->data + s->len, s->cap - s->len, format, args);
    if (len > 0 && (size_t)len >= s->cap - s->len) {
        str_reserve(s, (size_t)len);
        vsnprintf(s->data + s->len, s->cap - s->len, format, again);
    }
    va_end(again);
    if (len > 0)
        s->len += (size_t)len;
    s->data[s->len] = '\0';
}
