/* Options of `trace`: VizTracer's names and meanings, then our own. */
#ifndef HEATLINE_CLI_TRACE_OPTIONS_H
#define HEATLINE_CLI_TRACE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "cli/option.h"

enum { TRACE_BYTES_MIN = 1 << 20 }; /* of a recording */

/* Vectors are of const char *; NULL follows the last. */
struct trace_options {
    uint64_t attach; /* 0: a program is started */
    uint64_t duration_ns;
    const char *python;
    bool ignore_multiprocess;

    bool ignore_c_function, ignore_frozen, project, log_sparse;
    struct vec include_files, exclude_files, roots;
    uint64_t sample_every, max_stack_depth, min_duration_ns;

    bool log_func_args, log_func_retval, log_print, log_gc, log_exception, log_async, log_torch,
        magic_comment, repr;
    struct vec log_audit, log_var, log_number, log_attr, log_func_exec, log_func_entry;

    const char *output, *format, *output_dir;
    bool unique_output_file, pid_suffix, quiet;
    bool ignored; /* what other tracers need */

    uint64_t max_bytes, entries; /* of the recording; 0: not given */
    bool stop_when_full;

    struct vec triggers;
    uint64_t before_ns, after_ns, snapshots;
};

extern const struct option_group trace_option_groups[];
extern const struct trace_options trace_option_defaults;

#endif
