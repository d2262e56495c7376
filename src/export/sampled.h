/* Calls as samples show them: of what consecutive samples of a thread have in common. A call ends where
 * the next sample is no longer in it, or with the time its last sample stands for: idle time is a
 * gap. */
#ifndef HEATLINE_EXPORT_SAMPLED_H
#define HEATLINE_EXPORT_SAMPLED_H

#include <stdint.h>

#include "analysis/view.h"
#include "export/view_functions.h"

struct sampled {
    const struct view *view;
    struct view_functions functions;
    struct vec open; /* uint32_t: functions, outermost first */
    struct vec path; /* scratch */
    void (*begin)(void *context, uint32_t function, uint64_t t_ns);
    void (*end)(void *context, uint64_t t_ns); /* of the innermost call that is open */
    void *context;
};

void sampled_init(struct sampled *s, const struct view *v);
void sampled_release(struct sampled *s);
/* Tells the calls of one thread, callers before what they call. */
void sampled_walk(struct sampled *s, const struct view_thread *thread);

#endif
