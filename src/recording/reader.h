/* Replays a .heat file into a sink, stream by stream, a dictionary before the streams that use it, as far as it is valid: a file that was cut off or
 * damaged gives all that can be read, and the damage is counted. Its bytes are hostile. */
#ifndef HEATLINE_RECORDING_READER_H
#define HEATLINE_RECORDING_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/sink.h"

struct reader_summary {
    uint64_t events, lost;
    uint64_t damaged_segments; /* bad header, or events that do not decode */
    uint64_t retaken_segments; /* whose content gave way to later events … */
    uint64_t whole_since_ns;   /* … and since when nothing is missing for that; 0 = nothing is */
    uint64_t wall_ns, start_ns, closed_ns;
    uint64_t file_bytes, used_bytes;
    uint64_t index_bytes; /* 0 = it has no index */
    uint32_t streams, segments;
    bool complete; /* ended cleanly */
};

struct reader;
struct heat_header;

struct reader *reader_open(const char *path, struct err *err);
/* The fd stays the caller's. */
struct reader *reader_open_fd(int fd, const char *name, struct err *err);
/* The same over bytes in memory (tests, fuzzing); they must outlive the reader. */
struct reader *reader_open_bytes(const void *bytes, uint64_t len_bytes, const char *name,
                                 struct err *err);
int reader_replay(struct reader *r, struct sink *sink, struct reader_summary *ret_summary,
                  struct err *err);
/* The index that the header names; nothing comes if there is none. 0 or -1. */
int reader_replay_index(struct reader *r, struct sink *sink, struct err *err);
/* Which producers (1 << enum heat_producer) wrote segments of it. 0 or -1. */
int reader_producers(struct reader *r, unsigned *ret_producers, struct err *err);
const struct heat_header *reader_header(const struct reader *r);
/* How many segments there is room for, and the first bytes of what stands at one of these places, whatever
 * it is. *ret_len is less than asked for where the file ends. 0 or -1. */
int reader_places(const struct reader *r, uint64_t *ret_places, struct err *err);
int reader_place(const struct reader *r, uint64_t place, void *buffer, size_t bytes,
                 size_t *ret_len, struct err *err);
void reader_free(struct reader *r);

#endif
