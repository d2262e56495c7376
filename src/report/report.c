/* The table of reports. */
#include "report/report.h"

#include <stddef.h>

#include "report/functions.h"
#include "report/lines.h"
#include "report/threads.h"
#include "report/tree.h"

const struct report reports[] = {
    {"functions", "The hottest functions", functions_write},
    {"lines", "The hottest lines, with their source where it can be read", lines_write},
    {"tree", "Who calls whom, down to one percent", tree_write},
    {"threads", "Each thread: on the processor, idle, holding or waiting for the GIL",
     threads_write},
    {0},
};
