/* Knows the cells of call statistics. */
#include "report/call_columns.h"

void call_columns_add(struct table *t, const struct call_stats *stats, uint64_t whole_ns)
{
    const struct durations *d = &stats->durations;

    table_share(t, stats->self_ns, whole_ns);
    table_share(t, stats->total_ns, whole_ns);
    table_count(t, d->count);
    table_time(t, stats->self_ns);
    table_time(t, stats->total_ns);
    table_time(t, (uint64_t)(d->mean_ns + 0.5));
    table_time(t, durations_quantile_ns(d, 0.5));
    table_time(t, durations_quantile_ns(d, 0.99));
    table_time(t, d->max_ns);
    table_time(t, d->min_ns);
    table_time(t, durations_stdev_ns(d));
    table_count(t, stats->cut);
}

int call_columns_order(const struct call_stats *a, const struct call_stats *b)
{
    if (a->self_ns != b->self_ns)
        return a->self_ns > b->self_ns ? -1 : 1;
    if (a->total_ns != b->total_ns)
        return a->total_ns > b->total_ns ? -1 : 1;
    return 0;
}
