/* The columns that tell of many calls together, the same in every report of calls. */
#ifndef HEATLINE_REPORT_CALL_COLUMNS_H
#define HEATLINE_REPORT_CALL_COLUMNS_H

#include "analysis/call_stats.h"
#include "report/table.h"

/* Rows of a column table, in the order in which call_columns_add fills them. `details`: where extremes and
 * quantiles are to be seen, an enum column_use. */
#define CALL_COLUMNS(details)                                                                      \
    {.key = "own_percent", .title = "Own", .kind = COLUMN_SHARE},                                  \
        {.key = "total_percent", .title = "Total", .kind = COLUMN_SHARE},                          \
        {.key = "calls", .title = "Calls", .kind = COLUMN_COUNT},                                  \
        {.key = "own_s", .title = "Own time", .kind = COLUMN_DURATION},                            \
        {.key = "total_s", .title = "Total time", .kind = COLUMN_DURATION},                        \
        {.key = "mean_s", .title = "Mean", .kind = COLUMN_DURATION},                               \
        CALL_COLUMN("p50_s", "p50", details), CALL_COLUMN("p99_s", "p99", details),                \
        CALL_COLUMN("max_s", "Max", details), CALL_COLUMN("min_s", "Min", details),                \
        CALL_COLUMN("stdev_s", "Stdev", details),                                                  \
    {                                                                                              \
        .key = "cut", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA                        \
    }

#define CALL_COLUMN(name, heading, details)                                                        \
    {                                                                                              \
        .key = name, .title = heading, .kind = COLUMN_DURATION, .use = details, .minor = true      \
    }

/* `whole_ns`: what the shares are of. */
void call_columns_add(struct table *t, const struct call_stats *stats, uint64_t whole_ns);

/* For sorting: negative if `a` costs more, by own time, then by total time. */
int call_columns_order(const struct call_stats *a, const struct call_stats *b);

#endif
