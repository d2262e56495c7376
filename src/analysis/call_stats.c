/* Knows what counts as a call's time. Knows nothing of tables. */
#include "analysis/call_stats.h"

void call_stats_add(struct call_stats *stats, const struct span *span)
{
    uint64_t duration_ns = span_duration_ns(span);
    durations_add(&stats->durations, duration_ns);
    stats->total_ns += span->recursive ? 0 : duration_ns;
    stats->self_ns += span->self_ns;
    stats->cut += span->began_before || span->end == SPAN_OPEN || span->end == SPAN_CUT;
}

void call_stats_release(struct call_stats *stats)
{
    durations_release(&stats->durations);
}

static void on_leave(void *context, const struct span *span)
{
    struct vec *stats = context;
    if (span->brief)
        return;
    if (span->function.i >= stats->len)
        vec_resize(stats, (size_t)span->function.i + 1);
    call_stats_add((struct call_stats *)stats->data + span->function.i, span);
}

int call_stats_of_functions(struct calls *c, struct vec *ret_stats, struct err *err)
{
    static const struct spans_visitor visitor = {.leave = on_leave};
    struct vec stats;
    vec_init(&stats, sizeof(struct call_stats));
    if (calls_follow(c, &visitor, &stats, err)) {
        call_stats_release_all(&stats);
        return -1;
    }
    *ret_stats = stats;
    return 0;
}

void call_stats_release_all(struct vec *stats)
{
    for (size_t i = 0; i < stats->len; i++)
        call_stats_release(vec_at(stats, i));
    vec_release(stats);
}
