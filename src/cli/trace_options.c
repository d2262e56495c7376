#include "cli/trace_options.h"

#include <inttypes.h>

#include "cli/output.h"

#define AT(field) offsetof(struct trace_options, field)

static const struct option program_rows[] = {
    {.name = "attach",
     .kind = OPTION_UINT,
     .argument = "PID",
     .offset = AT(attach),
     .min = 1,
     .max = INT32_MAX,
     .doc = "Trace this running process, from now on: the agent is loaded into it, and stops when "
            "we do"},
    {.name = "duration",
     .letter = 't',
     .kind = OPTION_SECONDS,
     .argument = "SECS",
     .offset = AT(duration_ns),
     .min = 1,
     .max = OPTION_UNLIMITED,
     .doc = "With --attach: stop after this many seconds, and give up if the process has run no "
            "Python for 5; else, or with 'unlimited', at Ctrl-C or when it ends"},
    {.name = "python",
     .kind = OPTION_TEXT,
     .argument = "EXE",
     .offset = AT(python),
     .file = true,
     .doc = "Interpreter to run a script with; else the one of the virtual environment, of the "
            "script's first line or of PATH"},
    {.name = "ignore-multiprocess",
     .kind = OPTION_FLAG,
     .offset = AT(ignore_multiprocess),
     .doc = "Record the main process only, not those that it starts"},
    {0},
};

static const struct option call_rows[] = {
    {.name = "ignore-c-function",
     .kind = OPTION_FLAG,
     .offset = AT(ignore_c_function),
     .doc = "Leave calls of builtins and of functions written in C out"},
    {.name = "ignore-frozen",
     .kind = OPTION_FLAG,
     .offset = AT(ignore_frozen),
     .doc = "Leave functions of frozen modules (the import system) out"},
    {.name = "include-files",
     .kind = OPTION_TEXTS,
     .argument = "PATTERN",
     .offset = AT(include_files),
     .doc = "Only functions of files whose path begins so, or matches it if it has a * ? or [; "
            "may be repeated"},
    {.name = "exclude-files",
     .kind = OPTION_TEXTS,
     .argument = "PATTERN",
     .offset = AT(exclude_files),
     .doc = "No functions of such files"},
    {.name = "max-stack-depth",
     .kind = OPTION_UINT,
     .argument = "N",
     .offset = AT(max_stack_depth),
     .min = 1,
     .max = UINT32_MAX,
     .doc = "Leave calls out that are deeper than this"},
    {0},
};

static const struct option output_rows[] = {
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .offset = AT(output),
     .file = true,
     .doc = "Write to this file; trace.heat unless given"},
    {.name = "output-file",
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .offset = AT(output),
     .file = true,
     .hidden = true,
     .doc = "The same, as VizTracer calls it"},
    {.name = "format",
     .letter = 'f',
     .kind = OPTION_TEXT,
     .argument = "FORMAT",
     .offset = AT(format),
     .choice = output_format_name,
     .doc = "Not what the file's name says (else heat), but one of"},
    {.name = "max-size",
     .kind = OPTION_UINT,
     .argument = "MIB",
     .offset = AT(max_size),
     .min = 1,
     .max = 1 << 24,
     .doc = "Keep the first so many mebibytes of the recording; 8192 unless given"},
    {.name = "quiet", .kind = OPTION_FLAG, .offset = AT(quiet), .doc = "Say nothing at the end"},
    {0},
};

const struct option_group trace_option_groups[] = {
    {"Program", program_rows, 0},
    {"Calls", call_rows, 0},
    {"Output", output_rows, 0},
    {"Other", option_help_rows, 0},
    {0},
};

const struct trace_options trace_option_defaults = {.duration_ns = OPTION_UNLIMITED,
                                                    .max_size = 8192};

static void add_patterns(struct str *config, const char *key, const struct vec *patterns)
{
    for (size_t i = 0; i < patterns->len; i++) {
        const char *pattern = *(const char *const *)vec_at(patterns, i);
        if (pattern)
            str_printf(config, "%s=%s\n", key, pattern);
    }
}

void trace_options_config(const struct trace_options *options, const char *recording,
                          struct str *ret_config)
{
    str_printf(ret_config, "file=%s\nc_functions=%d\nfrozen=%d\nchildren=%d\n", recording,
               !options->ignore_c_function, !options->ignore_frozen, !options->ignore_multiprocess);
    str_printf(ret_config, "max_depth=%" PRIu64 "\nmax_bytes=%" PRIu64 "\n",
               options->max_stack_depth, options->max_size << 20);
    add_patterns(ret_config, "include", &options->include_files);
    add_patterns(ret_config, "exclude", &options->exclude_files);
}
