/* Several recordings as one. Segments are copied as they are: a segment's times count from its base_ns,
 * so moving that moves all of them, and streams get numbers of their own. Damage stays as it was.
 *
 * Clocks: a header says which wall-clock time belongs to which CLOCK_MONOTONIC time. Recordings whose
 * monotonic clocks began within MERGE_SAME_BOOT_NS of each other are taken to be of one boot and keep
 * their times to the nanosecond; others are aligned by the wall clock, as well as that was set. */
#ifndef HEATLINE_RECORDING_MERGE_H
#define HEATLINE_RECORDING_MERGE_H

#include <stddef.h>

#include "base/out.h"
#include "recording/reader.h"

#define MERGE_SAME_BOOT_NS ((int64_t)100 * 1000 * 1000)

/* Writes a recording to `o`. 0 or -1. */
int merge_write(struct reader *const *readers, size_t count, struct out *o, struct err *err);

#endif
