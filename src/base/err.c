/* Formats failures. Knows neither who prints them nor what follows from them. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

static const char *system_hint(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return "check the spelling of the path";
    case EACCES:
    case EPERM:
        return "ls -l shows who may; choose another place, or become that user";
    case EISDIR:
        return "name a file inside that directory";
    case ENOSPC:
    case EDQUOT:
        return "make room there (df -h shows how much is left), or choose another disk";
    case EFBIG:
        return "ulimit -f limits the size of files here; raise it, or record less";
    case EROFS:
        return "that disk is mounted read-only; choose another place";
    case EMFILE:
    case ENFILE:
        return "too many files are open; ulimit -n raises the limit";
    default:
        return "";
    }
}

int err_system(struct err *err, int error, const char *format, ...)
{
    char text[sizeof err->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err_set(err, STATUS_FAIL, "%s: %s", text, strerror(error));
    return err_hint(err, "%s", system_hint(error));
}
