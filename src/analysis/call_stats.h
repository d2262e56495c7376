/* What is known of many calls together: of a function, of an edge from caller to callee. */
#ifndef HEATLINE_ANALYSIS_CALL_STATS_H
#define HEATLINE_ANALYSIS_CALL_STATS_H

#include "analysis/calls.h"
#include "analysis/durations.h"

struct call_stats {
    struct durations durations; /* of each call, with all that it called */
    uint64_t total_ns; /* recursion counts once: calls within one of the same function do not */
    uint64_t self_ns;
    uint64_t
        cut; /* calls whose begin or end is not in the recording: the time that was seen counts */
};

void call_stats_add(struct call_stats *stats, const struct span *span);
void call_stats_release(struct call_stats *stats);

/* Of each function: a vec of struct call_stats, by the profile's id. 0 or -1. */
int call_stats_of_functions(struct calls *c, struct vec *ret_stats, struct err *err);
void call_stats_release_all(struct vec *stats);

#endif
