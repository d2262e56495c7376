/* Options of `trace`: VizTracer's names and meanings, then our own. */
#ifndef HEATLINE_CLI_TRACE_OPTIONS_H
#define HEATLINE_CLI_TRACE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/vec.h"
#include "cli/option.h"

struct trace_options {
    const char *output, *format, *python;
    bool ignore_c_function, ignore_frozen, ignore_multiprocess, quiet;
    bool log_func_args, log_func_retval, log_print, log_gc, log_exception, log_sparse, log_async;
    struct vec log_audit, log_var, log_number, log_attr, log_func_exec,
        log_func_entry; /* of const char * */
    bool magic_comment;
    uint64_t attach; /* 0: a program is started */
    uint64_t duration_ns;
    uint64_t max_stack_depth, min_duration_ns;
    uint64_t max_bytes, entries; /* of the recording; 0: not given */
    bool stop_when_full;
    struct vec triggers; /* of const char * */
    uint64_t before_ns, after_ns, snapshots;
    struct vec include_files, exclude_files, roots; /* of const char * */
    uint64_t sample_every;
    bool project;
    const char *output_dir;
    bool unique_output_file, pid_suffix, ignored; /* ignored: what other tracers need */
};

extern const struct option_group trace_option_groups[];
extern const struct trace_options trace_option_defaults;

/* How large the recording may grow. */
uint64_t trace_options_bytes(const struct trace_options *options, const char *recording);

/* Is this given as a trigger: "signal"? */
bool trace_options_has_trigger(const struct trace_options *options, const char *text);
/* Are all triggers and roots understood? 0 or -1. */
int trace_options_check_patterns(const struct trace_options *options, struct err *err);

/* What the agent is told (agent/config.h). */
void trace_options_config(const struct trace_options *options, const char *recording,
                          struct str *ret_config);

/* Where the user's own code lies, for --project: beside the script, else in the working directory. */
void trace_options_project(char *const *argv, struct str *ret_config);
/* Where to write to. Makes the folder that was asked for. `operands`: the program, if any. 0 or -1. */
int trace_options_output(const struct trace_options *options, char *const *operands,
                         struct str *ret_path, struct err *err);

#endif
