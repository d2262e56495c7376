/* The table of reports. */
#include "report/report.h"

#include <stddef.h>

#include "report/call_edges.h"
#include "report/call_functions.h"
#include "report/call_tasks.h"
#include "report/call_threads.h"
#include "report/call_tree.h"
#include "report/functions.h"
#include "report/lines.h"
#include "report/replay.h"
#include "report/threads.h"
#include "report/tree.h"

const struct report reports[] = {
    {.name = "functions",
     .doc = "The hottest functions",
     .rows = 20,
     .write = functions_write,
     .write_calls = call_functions_write},
    {.name = "lines",
     .doc = "The hottest lines, with their source where it can be read",
     .rows = 20,
     .write = lines_write},
    {.name = "tree",
     .doc = "Who calls whom, down to one percent",
     .write = tree_write,
     .write_calls = call_tree_write},
    {.name = "threads",
     .doc = "Each thread: on the processor, idle, holding or waiting for the GIL; its calls",
     .write = threads_write,
     .write_calls = call_threads_write},
    {.name = "calls",
     .doc = "The most expensive pairs of caller and callee",
     .rows = 20,
     .write_calls = call_edges_write},
    {.name = "tasks",
     .doc = "Each asynchronous task: how long it ran, and how long it waited",
     .write_calls = call_tasks_write},
    {.name = "replay", .doc = "Every call in order of time, indented", .write_calls = replay_write},
    {0},
};
