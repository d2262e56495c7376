/* The columns that tell of many calls together, the same in every report of calls. */
#ifndef HEATLINE_REPORT_CALL_COLUMNS_H
#define HEATLINE_REPORT_CALL_COLUMNS_H

#include "analysis/call_stats.h"
#include "report/table.h"

/* Rows of a column table, in the order in which call_columns_add fills them. */
#define CALL_COLUMNS                                                                               \
    {.key = "own_percent", .title = "Own", .kind = COLUMN_SHARE},                                  \
        {.key = "total_percent", .title = "Total", .kind = COLUMN_SHARE},                          \
        {.key = "calls", .title = "Calls", .kind = COLUMN_COUNT},                                  \
        {.key = "own_s", .title = "Own time", .kind = COLUMN_DURATION},                            \
        {.key = "total_s", .title = "Total time", .kind = COLUMN_DURATION},                        \
        {.key = "mean_s", .title = "Mean", .kind = COLUMN_DURATION},                               \
        {.key = "p50_s", .title = "p50", .kind = COLUMN_DURATION, .minor = true},                  \
        {.key = "p99_s", .title = "p99", .kind = COLUMN_DURATION, .minor = true},                  \
        {.key = "max_s", .title = "Max", .kind = COLUMN_DURATION, .minor = true},                  \
        {.key = "min_s", .title = "Min", .kind = COLUMN_DURATION, .minor = true},                  \
        {.key = "stdev_s", .title = "Stdev", .kind = COLUMN_DURATION, .minor = true},              \
    {                                                                                              \
        .key = "cut", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA                        \
    }

/* `whole_ns`: what the shares are of. */
void call_columns_add(struct table *t, const struct call_stats *stats, uint64_t whole_ns);

/* For sorting: negative if `a` costs more, by own time, then by total time. */
int call_columns_order(const struct call_stats *a, const struct call_stats *b);

#endif
