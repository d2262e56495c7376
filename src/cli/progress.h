/* The line on a terminal that says how the recording goes. */
#ifndef HEATLINE_CLI_PROGRESS_H
#define HEATLINE_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "sampler/sampler.h"

struct progress {
    bool shown;
    uint64_t start_ns, next_ns, last_ns, last_ticks;
};

/* Shows nothing unless standard error is a terminal and `hide` is false. */
void progress_init(struct progress *p, uint64_t start_ns, bool hide);
void progress_show(struct progress *p, const struct sampler *s, uint64_t now_ns);
void progress_clear(struct progress *p);

#endif
