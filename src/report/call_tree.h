/* `heatline report --tree` of a recording of calls. */
#ifndef HEATLINE_REPORT_CALL_TREE_H
#define HEATLINE_REPORT_CALL_TREE_H

#include "report/report.h"

int call_tree_write(struct calls *c, const struct report_options *options, struct out *o,
                    struct err *err);

#endif
