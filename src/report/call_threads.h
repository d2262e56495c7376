/* `heatline report --threads` of a recording of calls. */
#ifndef HEATLINE_REPORT_CALL_THREADS_H
#define HEATLINE_REPORT_CALL_THREADS_H

#include "report/report.h"

int call_threads_write(struct calls *c, const struct report_options *options, struct out *o,
                       struct err *err);

#endif
