/* One report as the reader gets it: a table with what it is about, in the format asked for. */
#ifndef HEATLINE_REPORT_SHEET_H
#define HEATLINE_REPORT_SHEET_H

#include "report/report.h"
#include "report/table.h"

/* `left_out`: rows that the table lacks. */
void sheet_write(const char *report, const struct view *v, const struct table *t, size_t left_out,
                 const struct report_options *options, struct out *o);

/* How many of `count` rows to show. */
size_t sheet_rows(const struct report_options *options, size_t count);

#endif
