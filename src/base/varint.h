/* LEB128: seven bits a byte, low first, top bit = more follow. At most ten bytes. */
#ifndef HEATLINE_BASE_VARINT_H
#define HEATLINE_BASE_VARINT_H

#include <stddef.h>
#include <stdint.h>

enum { VARINT_BYTES_MAX = 10 };

size_t varint_put(uint8_t *at, uint64_t value); /* bytes written */

/* Reads at *at, moves it on; -1 (and *at untouched) when cut off by `end` or longer than ten bytes. */
int varint_get(const uint8_t **at, const uint8_t *end, uint64_t *ret_value);

/* Signed values: 0, -1, 1, -2 … become 0, 1, 2, 3 … */
uint64_t zigzag(int64_t value);
int64_t unzigzag(uint64_t value);

#endif
