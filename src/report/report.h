/* Reports on the terminal. A report is one file of this folder and one row in report.c. A recording
 * holds samples, calls or both: a report may know how to show either, or one of them. */
#ifndef HEATLINE_REPORT_REPORT_H
#define HEATLINE_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/calls.h"
#include "analysis/view.h"
#include "base/err.h"
#include "base/out.h"

enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_CSV };

struct report_options {
    enum report_format format;
    uint32_t limit;   /* rows; 0 = all */
    uint32_t columns; /* width of the terminal */
    bool color;
};

struct report {
    const char *name; /* --functions, --lines, … */
    const char *doc;
    uint32_t rows; /* how many to show as text unless told; 0 = all */
    /* Of samples; NULL: it shows calls only. */
    int (*write)(const struct view *v, const struct report_options *options, struct out *o,
                 struct err *err);
    /* Of calls, which it follows; NULL: it shows samples only. */
    int (*write_calls)(struct calls *c, const struct report_options *options, struct out *o,
                       struct err *err);
};

extern const struct report reports[]; /* ended by a NULL name; the first is the default */

#endif
