/* Collects what the head of `heatline top` tells. */
#ifndef HEATLINE_CLI_TOP_FACTS_H
#define HEATLINE_CLI_TOP_FACTS_H

#include "analysis/live.h"
#include "sampler/sampler.h"
#include "tui/facts.h"

struct top_facts {
    struct facts facts;
    struct vec processes; /* their CPU times at the last look; private */
    uint64_t start_ns, last_ns, last_ticks;
    bool named; /* by the command line that we were given */
};

/* `command`: NULL = the first process's own. */
void top_facts_init(struct top_facts *t, const char *command, double asked_hz, uint64_t start_ns);
void top_facts_release(struct top_facts *t);
/* After a turn. */
void top_facts_update(struct top_facts *t, const struct live *l, struct sampler_stats stats,
                      uint64_t now_ns);

#endif
