/* A sink that appends to a .heat file through mapped segments. The file is grown by fallocate before it is
 * mapped, so a full disk is an error code and never a SIGBUS; after that, events are counted as lost. */
#ifndef HEATLINE_RECORDING_WRITER_H
#define HEATLINE_RECORDING_WRITER_H

#include <stdint.h>

#include "base/err.h"
#include "model/sink.h"
#include "recording/format.h"

struct writer;

/* Makes (or replaces) the file; NULL path: an unnamed temporary file in $TMPDIR or /tmp. */
struct writer *writer_open(const char *path, enum heat_producer producer, struct err *err);
struct sink *writer_sink(struct writer *w);
/* Begins an index in the same file: events about all the others, which readers of those skip. NULL if
 * there is no room. Close it before the writer; what it says is known from then on. */
struct writer *writer_open_index(const struct writer *w);
int writer_close_index(struct writer *index);
int writer_fd(const struct writer *w);         /* for reading it back */
uint64_t writer_bytes(const struct writer *w); /* encoded so far, without slack */
uint64_t writer_events(const struct writer *w);
/* Of all who write into this file: streams begun, and events that found no room. */
uint32_t writer_streams(const struct writer *w);
uint64_t writer_lost(const struct writer *w);
/* Segments that were taken again, so that only the latest is there. */
uint64_t writer_retaken(const struct writer *w);
/* errno of the first failure to grow (ENOSPC, EFBIG, EDQUOT …), or 0. */
/* When a trigger fired since this was last asked; 0: none did. */
uint64_t writer_take_trigger(struct writer *w);
int writer_failure(const struct writer *w);
/* Cuts the slack off, marks it closed, unmaps. 0 or -1. Frees it either way. */
int writer_close(struct writer *w, struct err *err);

#endif
