/* `heatline report --functions` of a recording of calls. */
#ifndef HEATLINE_REPORT_CALL_FUNCTIONS_H
#define HEATLINE_REPORT_CALL_FUNCTIONS_H

#include "report/report.h"

int call_functions_write(struct calls *c, const struct report_options *options, struct out *o,
                         struct err *err);

#endif
