/* When to look next: on average `period_ns` apart, each look at a random place of its period, so that no
 * rhythm of the program can fall in step with ours. Looks that are overdue are skipped, never caught up. */
#ifndef HEATLINE_SAMPLER_PACER_H
#define HEATLINE_SAMPLER_PACER_H

#include <stdint.h>

struct pacer {
    uint64_t period_ns, slot_ns; /* slot: start of the period whose look comes next */
    uint64_t seed;
};

void pacer_init(struct pacer *p, uint64_t rate_hz, uint64_t now_ns, uint64_t seed);
uint64_t pacer_next(struct pacer *p, uint64_t now_ns); /* time of the next look; ≤ now: at once */

#endif
