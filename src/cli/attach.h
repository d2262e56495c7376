/* `heatline trace --attach`: the agent gets into a program that runs already, and out of it again. */
#ifndef HEATLINE_CLI_ATTACH_H
#define HEATLINE_CLI_ATTACH_H

#include "base/err.h"
#include "cli/snapshots.h"
#include "cli/trace_options.h"

/* Records into `recording` until the time is over, a signal comes or the program ends. 0, or -1 with nothing
 * recorded. `snapshots` (may be NULL): what else is to be looked after meanwhile. */
int attach_trace(const struct trace_options *options, const char *recording,
                 struct snapshots *snapshots, struct err *err);

#endif
