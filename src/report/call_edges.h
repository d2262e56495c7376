/* `heatline report --calls`. */
#ifndef HEATLINE_REPORT_CALL_EDGES_H
#define HEATLINE_REPORT_CALL_EDGES_H

#include "report/report.h"

int call_edges_write(struct calls *c, const struct report_options *options, struct out *o,
                     struct err *err);

#endif
