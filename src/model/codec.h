/* Events as bytes: kind (one byte), then the fields in the order of event.def as varints (i64 zigzag,
 * time as zigzag difference to the last time), texts as length and bytes. */
#ifndef HEATLINE_MODEL_CODEC_H
#define HEATLINE_MODEL_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "model/event.h"

enum { CODEC_TEXT_BYTES_MAX = 16384 }; /* longer texts are cut when encoded */

/* Most bytes that encoding `event` can take. */
size_t codec_bytes_max(const struct event *event);
/* Writes it; `*last_t_ns` is the segment's running time. Returns the bytes written. */
size_t codec_put(uint8_t *at, const struct event *event, uint64_t *last_t_ns);
/* Reads one event and moves *at on. 0; -1 if the bytes are cut off or mean nothing. Texts point into
 * the bytes. Fields beyond 32 bits for 32-bit types are an error. */
int codec_get(const uint8_t **at, const uint8_t *end, uint64_t *last_t_ns, struct event *ret_event);

#endif
