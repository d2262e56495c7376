/* `heatline report --tasks`. */
#ifndef HEATLINE_REPORT_CALL_TASKS_H
#define HEATLINE_REPORT_CALL_TASKS_H

#include "report/report.h"

int call_tasks_write(struct calls *c, const struct report_options *options, struct out *o,
                     struct err *err);

#endif
