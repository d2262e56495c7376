/* What the agent is told of the options of `trace` (agent/config.def). */
#ifndef HEATLINE_CLI_TRACE_CONFIG_H
#define HEATLINE_CLI_TRACE_CONFIG_H

#include "base/err.h"
#include "base/str.h"
#include "cli/trace_options.h"

/* Can it be said at all: patterns, regular expressions, what goes together? 0 or -1. */
int trace_config_check(const struct trace_options *options, struct err *err);

void trace_config_write(const struct trace_options *options, const char *recording,
                        struct str *ret_config);

/* Where the user's own code lies, for --project: beside the script, else in the working directory. */
void trace_config_add_project(char *const *argv, struct str *ret_config);

/* "/home/me/app/main.py" of "python /home/me/app/main.py", or NULL. */
const char *trace_config_script(char *const *argv);

/* With --log-torch: has the Python that `argv` starts with (if it is one) torch? 0, or -1: it has not. */
int trace_config_check_torch(char *const *argv, struct err *err);

#endif
