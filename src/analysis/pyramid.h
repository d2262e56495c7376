/* What each thread did over time, coarsely and at once: its calls in at most PYRAMID_BINS stretches of
 * time, and in half as many, and so on. It is small whatever was recorded; what is to be seen closer
 * than its stretches is read from the segments of that time.
 *
 * It is written into the recording as an index, a stream of its own with all it needs: processes,
 * threads, functions. One that is missing, or older than what it tells of, is made anew. */
#ifndef HEATLINE_ANALYSIS_PYRAMID_H
#define HEATLINE_ANALYSIS_PYRAMID_H

#include "base/err.h"
#include "model/profile.h"
#include "recording/reader.h"

enum {
    PYRAMID_BINS = 4096,
    PYRAMID_LEVELS_MAX = 14,
    PYRAMID_BIN_NS = 1024, /* of the finest there can be */
};

struct pyramid_bin {
    uint64_t busy_ns, calls;     /* time in which a call was open; calls that began */
    uint32_t depth;              /* most calls that were open at once */
    struct function_id function; /* the innermost of more than half the busy time, if there is one;
                                    else one of those that took much of it; the profile's */
    uint64_t function_ns;        /* by how much it is ahead of all others */
};

struct pyramid_track {
    struct thread_id thread; /* the profile's */
    uint64_t bin_ns;         /* of the finest level; a power of two */
    struct vec bins;         /* struct pyramid_bin, level by level */
    struct {
        size_t first, count; /* which bins of the whole time it has */
    } levels[PYRAMID_LEVELS_MAX];
    size_t level_count;
};

struct pyramid {
    struct profile *profile; /* processes, threads, functions; no samples */
    uint64_t start_ns;       /* when the first bin of each level begins */
    struct vec tracks;       /* of struct pyramid_track */
    uint64_t segments;       /* that it tells of */
};

/* By the recording's index if that is current, else by all its calls. 0 or -1. */
int pyramid_open(struct pyramid *p, struct reader *r, struct err *err);
void pyramid_release(struct pyramid *p);

/* The same, but not from the index. */
int pyramid_build(struct pyramid *p, struct reader *r, struct err *err);
/* As events, for an index. 0 or -1. */
int pyramid_write(const struct pyramid *p, struct sink *sink);
/* Is an index worth its time? What is smaller is looked through at once. */
bool pyramid_is_worthwhile(struct reader *r);

/* The bins of a level (from 0, the finest), each as long as 2^level of the finest; the first one is bin
 * levels[level].first since the start. */
const struct pyramid_bin *pyramid_level(const struct pyramid_track *t, size_t level);

#endif
