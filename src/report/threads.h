/* `heatline report --threads`. */
#ifndef HEATLINE_REPORT_THREADS_H
#define HEATLINE_REPORT_THREADS_H

#include "report/report.h"

int threads_write(const struct view *v, const struct report_options *options, struct out *o,
                  struct err *err);

#endif
