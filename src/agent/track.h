/* Spans that are known only afterwards, in a track of their own: as if a thread had made these calls. */
#ifndef HEATLINE_AGENT_TRACK_H
#define HEATLINE_AGENT_TRACK_H

#include <stdint.h>

#include "agent/stream.h"

enum { TRACK_DEPTH_MAX = 128 };

struct track {
    struct stream stream;
    struct thread_id thread;
    uint32_t depth;
    struct {
        uint64_t end_ns;
        uint32_t function;
    } open[TRACK_DEPTH_MAX];
};

/* One by that name; its first span begins at t_ns, in ns of the monotonic clock. */
void track_begin(struct track *t, struct text name, uint64_t t_ns);
/* Spans come in the order of their beginnings, outer ones first; one that outlasts what it lies in is cut. `json`: more
 * about it, an object; may be empty. What is deeper than TRACK_DEPTH_MAX is left out. */
void track_span(struct track *t, struct text name, uint64_t begin_ns, uint64_t end_ns,
                struct text json);
void track_end(struct track *t);

#endif
