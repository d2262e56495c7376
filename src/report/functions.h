/* `heatline report --functions`. */
#ifndef HEATLINE_REPORT_FUNCTIONS_H
#define HEATLINE_REPORT_FUNCTIONS_H

#include "report/report.h"

int functions_write(const struct view *v, const struct report_options *options, struct out *o,
                    struct err *err);

#endif
