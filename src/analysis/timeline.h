/* What a thread did when: its samples as spans of time. A sample stands for the time before the look,
 * so it spans [t - weight, t]; where that does not reach back to the last sample there is a gap, in
 * which the thread was idle, filtered out or not readable. */
#ifndef HEATLINE_ANALYSIS_TIMELINE_H
#define HEATLINE_ANALYSIS_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/view.h"

struct timeline_span {
    uint64_t from_ns, to_ns; /* as the samples' clock has it; from <= to, spans never overlap */
    const struct view_sample *sample;
    bool gap; /* before it; also true for the first */
};

struct timeline {
    const struct view *view;
    const struct view_thread *thread;
    uint32_t next;
    uint64_t last_ns; /* end of the last span */
};

void timeline_init(struct timeline *t, const struct view *v, const struct view_thread *thread);
bool timeline_next(struct timeline *t, struct timeline_span *ret_span); /* false: no more */

/* When the view's first span begins: the zero of exported times. */
uint64_t timeline_start_ns(const struct view *v);
/* The same moment in nanoseconds since 1970; 0 = not known. */
uint64_t timeline_start_wall_ns(const struct view *v);

#endif
