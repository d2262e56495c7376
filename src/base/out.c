/* Buffered output. Bytes pass through up to three stages: a buffer, gzip if asked for, and the file
 * (or memory). How a file gets its name safely is in out_file.c. */
#include "base/out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/out_file.h"
#include "base/str.h"

enum {
    OUT_BUFFER_BYTES = 1 << 16,
    OUT_GZIP_WINDOW = 15 + 16 /* zlib: 16 asks for a gzip header */
};

struct out {
    struct str pending; /* in memory: all of it */
    struct out_file file;
    z_stream *gzip; /* NULL: plain */
    bool memory;
    int error; /* errno of the first failure */
};

static struct out *out_new(void)
{
    struct out *o = alloc_zeroed(1, sizeof *o);
    o->file.fd = -1;
    return o;
}

static void out_free(struct out *o)
{
    if (o->gzip)
        deflateEnd(o->gzip);
    free(o->gzip);
    str_release(&o->pending);
    free(o);
}

struct out *out_open(const char *path, struct err *err)
{
    struct out *o = out_new();
    if (!out_file_open(&o->file, path, err))
        return o;
    out_free(o);
    return NULL;
}

struct out *out_memory(void)
{
    struct out *o = out_new();
    o->memory = true;
    return o;
}

static void out_drain(struct out *o)
{
    if (o->memory)
        return;
    if (!o->error)
        o->error = out_file_write(&o->file, o->pending.data, o->pending.len);
    str_clear(&o->pending);
}

static void out_keep(struct out *o, const void *bytes, size_t len_bytes)
{
    str_add_bytes(&o->pending, bytes, len_bytes);
    if (o->pending.len >= OUT_BUFFER_BYTES)
        out_drain(o);
}

static void out_deflate(struct out *o, const void *bytes, size_t len_bytes, int flush)
{
    Bytef packed[16384];
    o->gzip->next_in = (Bytef *)bytes;
    do {
        /* avail_in is 32 bits wide */
        o->gzip->avail_in = len_bytes < 1 << 30 ? (uInt)len_bytes : 1 << 30;
        len_bytes -= o->gzip->avail_in;
        do {
            o->gzip->next_out = packed;
            o->gzip->avail_out = sizeof packed;
            deflate(o->gzip, len_bytes ? Z_NO_FLUSH : flush);
            out_keep(o, packed, sizeof packed - o->gzip->avail_out);
        } while (!o->gzip->avail_out);
    } while (len_bytes);
}

void out_gzip(struct out *o)
{
    o->gzip = alloc_zeroed(1, sizeof *o->gzip);
    if (deflateInit2(o->gzip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, OUT_GZIP_WINDOW, 8,
                     Z_DEFAULT_STRATEGY) == Z_OK)
        return;
    o->error = ENOMEM;
    free(o->gzip);
    o->gzip = NULL;
}

void out_bytes(struct out *o, const void *bytes, size_t len_bytes)
{
    if (o->error || !len_bytes)
        return;
    if (o->gzip)
        out_deflate(o, bytes, len_bytes, Z_NO_FLUSH);
    else
        out_keep(o, bytes, len_bytes);
}

void out_text(struct out *o, const char *text)
{
    out_bytes(o, text, strlen(text));
}

void out_printf(struct out *o, const char *format, ...)
{
    struct str text = STR_EMPTY;
    va_list args;
    va_start(args, format);
    str_vprintf(&text, format, args);
    va_end(args);
    out_bytes(o, text.data, text.len);
    str_release(&text);
}

const void *out_memory_bytes(const struct out *o, size_t *ret_len_bytes)
{
    if (ret_len_bytes)
        *ret_len_bytes = o->pending.len;
    return o->pending.data ? o->pending.data : "";
}

int out_close(struct out *o, struct err *err)
{
    if (!o)
        return 0;
    if (o->gzip && !o->error)
        out_deflate(o, "", 0, Z_FINISH);
    out_drain(o);
    int result = o->memory ? 0 : out_file_close(&o->file, o->error, err);
    out_free(o);
    return result;
}

void out_discard(struct out *o)
{
    if (!o)
        return;
    if (!o->memory)
        out_file_discard(&o->file);
    out_free(o);
}
