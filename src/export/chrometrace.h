/* Chrome's trace events, in two parts: what samples and what calls make of them. */
#ifndef HEATLINE_EXPORT_CHROMETRACE_H
#define HEATLINE_EXPORT_CHROMETRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/view.h"
#include "base/err.h"
#include "base/json.h"
#include "export/tracks.h"

struct chrometrace {
    const struct view *view;
    struct json json;
    struct tracks tracks;
    bool calls;        /* there are some */
    uint64_t start_ns; /* what times count from */
};

/* Begins an event; json_object_end ends it. */
void chrometrace_event(struct chrometrace *c, const char *phase, uint32_t pid, uint64_t track);
/* Microseconds, as the format has it, down to the nanosecond. */
void chrometrace_time(struct chrometrace *c, const char *key, uint64_t ns);
/* "process_name" or "thread_name". */
void chrometrace_name(struct chrometrace *c, uint32_t pid, uint64_t track, const char *what,
                      const char *name);

void chrometrace_samples(struct chrometrace *c);
int chrometrace_calls(struct chrometrace *c, struct err *err); /* 0 or -1 */

#endif
