/* One report as the reader gets it: a table with what it is about, in the format asked for. */
#ifndef HEATLINE_REPORT_SHEET_H
#define HEATLINE_REPORT_SHEET_H

#include "report/report.h"
#include "report/table.h"

/* `left_out`: rows that the table lacks. */
void sheet_write(const char *report, const struct view *v, const struct table *t, size_t left_out,
                 const struct report_options *options, struct out *o);

/* The same of calls, once they were followed. */
void sheet_write_calls(const char *report, const struct calls *c, const struct table *t,
                       size_t left_out, const struct report_options *options, struct out *o);

/* The facts that stand beside the rows of calls, as members of an open object. */
void sheet_put_calls(struct json *j, const struct calls *c);
/* A heading, as the text of every report begins. */
void sheet_title(const char *title, const struct report_options *options, struct out *o);

/* How many of `count` rows to show. */
size_t sheet_rows(const struct report_options *options, size_t count);

#endif
