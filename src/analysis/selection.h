/* Which calls a query wants. Functions are matched once each, so asking costs a look at a table. */
#ifndef HEATLINE_ANALYSIS_SELECTION_H
#define HEATLINE_ANALYSIS_SELECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/names.h"

enum selection_match { SELECTION_INCLUDED = 1 << 0, SELECTION_EXCLUDED = 1 << 1 };

struct selection {
    uint64_t from_ns, to_ns; /* when calls must begin, on the events' clock */
    uint64_t duration_min_ns;
    uint32_t depth_max; /* calls with as many around them are dropped */
    struct names names;
    struct vec matches; /* private: uint8_t by function */
};

/* `start_ns`: when the recording began, which the query's times count from. */
void selection_init(struct selection *s, const struct profile *p, const struct query *q,
                    uint64_t start_ns);
void selection_release(struct selection *s);

/* enum selection_match bits; without patterns to include, all are included. */
unsigned selection_match(struct selection *s, uint32_t function);
bool selection_wants_thread(const struct selection *s, struct thread_id thread);

#endif
