/* `heatline report --lines`. */
#ifndef HEATLINE_REPORT_LINES_H
#define HEATLINE_REPORT_LINES_H

#include "report/report.h"

int lines_write(const struct view *v, const struct report_options *options, struct out *o,
                struct err *err);

#endif
