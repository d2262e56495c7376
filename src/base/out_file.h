/* The file behind an `out`: made beside its name and renamed when complete, or written in place where
 * that is what the name means (standard output, devices, pipes). Unbuffered. */
#ifndef HEATLINE_BASE_OUT_FILE_H
#define HEATLINE_BASE_OUT_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct out_file {
    int fd;
    char *path;      /* for messages: as the user wrote it; NULL: standard output */
    char *target;    /* where it goes in the end, symbolic links followed; NULL: written in place */
    char *temporary; /* where it is until then; NULL: written in place */
    uint64_t len_bytes; /* written so far */
};

int out_file_open(struct out_file *f, const char *path, struct err *err);    /* 0 or -1 */
int out_file_write(struct out_file *f, const void *bytes, size_t len_bytes); /* 0 or an errno */
/* error: an errno met before; then nothing takes the file's name. Returns 0 or -1. */
int out_file_close(struct out_file *f, int error, struct err *err);
void out_file_discard(struct out_file *f);

#endif
