/* Rows for struct view_options, and their meaning as a query. */
#include "cli/view_options.h"

#define AT(field) offsetof(struct view_options, field)

static const char *mode_name(size_t i)
{
    static const char *const names[] = {
        [QUERY_WALL] = "wall", [QUERY_CPU] = "cpu", [QUERY_GIL] = "gil"};

    return i < sizeof names / sizeof *names ? names[i] : NULL;
}

const struct option view_option_rows[] = {
    {.name = "mode",
     .kind = OPTION_CHOICE,
     .argument = "MODE",
     .offset = AT(mode),
     .choice = mode_name,
     .doc = "Which time counts: wall (all that is not idle), cpu (on a processor) or gil "
            "(holding the GIL)"},
    {.name = "gil",
     .letter = 'g',
     .kind = OPTION_SET,
     .offset = AT(mode),
     .min = QUERY_GIL,
     .doc = "Only what holds the GIL; the same as --mode gil"},
    {.name = "idle",
     .letter = 'i',
     .kind = OPTION_FLAG,
     .offset = AT(idle),
     .doc = "Keep what threads do while they are off the processor"},
    {.name = "subprocesses",
     .letter = 's',
     .kind = OPTION_FLAG,
     .offset = AT(processes),
     .doc = "Child processes too, each by itself"},
    {.name = "function",
     .letter = 'F',
     .kind = OPTION_FLAG,
     .offset = AT(functions),
     .excludes = "nolineno",
     .doc = "Sum up by function, shown at its first line"},
    {.name = "nolineno",
     .kind = OPTION_FLAG,
     .offset = AT(no_line),
     .doc = "Leave out line numbers"},
    {.name = "full-filenames",
     .kind = OPTION_FLAG,
     .offset = AT(full_filenames),
     .doc = "Show whole file names, not only the part inside the package"},
    {.name = "limit-threads",
     .kind = OPTION_TEXTS,
     .argument = "NAME|TID",
     .offset = AT(thread_limit),
     .doc = "Only threads of this name (* and ? match) or id; may be repeated"},
    {.name = "include",
     .kind = OPTION_TEXTS,
     .argument = "PATTERN",
     .offset = AT(include),
     .doc = "Only stacks with a function or file that matches; may be repeated"},
    {.name = "exclude",
     .kind = OPTION_TEXTS,
     .argument = "PATTERN",
     .offset = AT(exclude),
     .doc = "Drop frames whose function or file matches; may be repeated"},
    {.name = "gc",
     .kind = OPTION_FLAG,
     .offset = AT(gc),
     .doc = "Mark garbage collection by a frame <GC>"},
    {.name = "max-depth",
     .kind = OPTION_UINT,
     .argument = "N",
     .offset = AT(max_depth),
     .min = 1,
     .max = 1000000,
     .doc = "Show only the N outermost frames of each stack"},
    {0},
};

const struct option view_range_rows[] = {
    {.name = "range",
     .kind = OPTION_RANGE,
     .argument = "FROM..TO",
     .offset = AT(range),
     .doc = "Only what happened then, in seconds since the recording began; of calls, those that "
            "began then"},
    {0},
};

const struct option view_duration_rows[] = {
    {.name = "min-duration",
     .kind = OPTION_TIME,
     .argument = "TIME",
     .offset = AT(min_duration_ns),
     .doc = "Only calls that took as long, where single calls are shown: 300ns, 5.5us, 2ms, 1s; "
            "without a unit, microseconds"},
    {0},
};

const struct option view_thread_rows[] = {
    {.name = "threads",
     .letter = 't',
     .kind = OPTION_FLAG,
     .offset = AT(threads),
     .doc = "Show each thread by itself"},
    {0},
};

struct query view_options_query(const struct view_options *options)
{
    return (struct query){
        .mode = (enum query_mode)options->mode,
        .idle = options->idle,
        .threads = options->threads,
        .processes = options->processes,
        .functions = options->functions,
        .no_line = options->no_line,
        .full_filenames = options->full_filenames,
        .gc = options->gc,
        .max_depth = (uint32_t)options->max_depth,
        .from_ns = options->range.from_ns,
        .to_ns = options->range.to_ns,
        .min_duration_ns = options->min_duration_ns,
        .include = options->include.data,
        .exclude = options->exclude.data,
        .thread_limit = options->thread_limit.data,
    };
}
