/* A part of a recording as one by itself: all that is defined, and those segments of calls that have something of a
 * stretch of time. The recording may be written, and its segments taken again, meanwhile. */
#ifndef HEATLINE_RECORDING_EXCERPT_H
#define HEATLINE_RECORDING_EXCERPT_H

#include <stdint.h>

#include "base/out.h"
#include "recording/reader.h"

/* Writes a recording to `o`. 0 or -1. */
int excerpt_write(struct reader *r, uint64_t from_ns, uint64_t to_ns, struct out *o,
                  struct err *err);

#endif
