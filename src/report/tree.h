/* `heatline report --tree`. */
#ifndef HEATLINE_REPORT_TREE_H
#define HEATLINE_REPORT_TREE_H

#include "report/report.h"

int tree_write(const struct view *v, const struct report_options *options, struct out *o,
               struct err *err);

#endif
