/* Buffered output to a file or standard output. A file is written under a temporary name beside
 * its own and renamed when complete, so nobody ever sees half of one. The first error sticks and
 * is told by out_close. Devices and pipes (/dev/null, a FIFO) are written in place. */
#ifndef HEATLINE_BASE_OUT_H
#define HEATLINE_BASE_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct out;

/* "-" is standard output. NULL on failure. */
struct out *out_open(const char *path, struct err *err);
struct out *out_memory(void); /* kept; read it by out_memory_bytes */
/* Can `path` be written? Creates nothing that was not there. 0 or -1. */
int out_check(const char *path, struct err *err);
void out_gzip(struct out *o); /* from here on; call it before the first byte */
void out_bytes(struct out *o, const void *bytes, size_t len_bytes);
void out_text(struct out *o, const char *text);
void out_printf(struct out *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
const void *out_memory_bytes(const struct out *o, size_t *ret_len_bytes);
int out_close(struct out *o, struct err *err); /* flush, rename, free; 0 or -1 */
void out_discard(struct out *o); /* remove the temporary file, free; NULL is a no-op */

#endif
