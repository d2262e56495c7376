/* Protocol-buffer wire format, writing only. A message is built in a `struct str` and then added
 * to its parent by proto_bytes. */
#ifndef HEATLINE_BASE_PROTO_H
#define HEATLINE_BASE_PROTO_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

void proto_uint(struct str *message, uint32_t field, uint64_t value);
void proto_int(struct str *message, uint32_t field, int64_t value); /* int64, not sint64 */
void proto_double(struct str *message, uint32_t field, double value);
void proto_bytes(struct str *message, uint32_t field, const void *bytes, size_t len_bytes);
void proto_text(struct str *message, uint32_t field, const char *text);
/* A `repeated` scalar field, packed. */
void proto_packed(struct str *message, uint32_t field, const uint64_t *values, size_t count);

#endif
