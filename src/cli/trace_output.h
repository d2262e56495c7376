/* Where `trace` writes to. */
#ifndef HEATLINE_CLI_TRACE_OUTPUT_H
#define HEATLINE_CLI_TRACE_OUTPUT_H

#include "base/err.h"
#include "base/str.h"
#include "cli/trace_options.h"

/* Makes the folder that was asked for. `operands`: the program, if any. 0 or -1. */
int trace_output_path(const struct trace_options *options, char *const *operands,
                      struct str *ret_path, struct err *err);

#endif
