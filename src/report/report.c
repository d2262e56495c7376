/* The table of reports. */
#include "report/report.h"

#include <stddef.h>

#include "report/functions.h"
#include "report/lines.h"
#include "report/threads.h"
#include "report/tree.h"

const struct report reports[] = {
    {"functions", "The hottest functions", 20, functions_write},
    {"lines", "The hottest lines, with their source where it can be read", 20, lines_write},
    {"tree", "Who calls whom, down to one percent", 0, tree_write},
    {"threads", "Each thread: on the processor, idle, holding or waiting for the GIL", 0,
     threads_write},
    {0},
};
