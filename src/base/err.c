/* Formats failures. Knows neither who prints them nor what follows from them. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

int err_set(struct err *err, enum status status, const char *format, ...)
{
    if (!err)
        return -1;
    /* Formatted aside: an argument may be err->text itself, when a cause is passed on. */
    char text[sizeof err->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err->status = status;
    snprintf(err->text, sizeof err->text, "%s", text);
    err->hint[0] = '\0';
    return -1;
}

int err_hint(struct err *err, const char *format, ...)
{
    if (!err)
        return -1;
    char hint[sizeof err->hint];
    va_list args;
    va_start(args, format);
    vsnprintf(hint, sizeof hint, format, args);
    va_end(args);
    snprintf(err->hint, sizeof err->hint, "%s", hint);
    return -1;
}
