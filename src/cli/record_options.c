/* Rows for struct record_options: py-spy's names and meanings, then our own. */
#include "cli/record_options.h"

#include "base/clock.h"
#include "cli/output.h"

#define AT(field) offsetof(struct record_options, field)
#define RATE_MAX 1000000
#define YEAR_NS (365 * UINT64_C(86400) * NS_PER_S)

const struct option record_target_rows[] = {
    {.name = "pid",
     .letter = 'p',
     .kind = OPTION_UINTS,
     .argument = "N",
     .offset = AT(pids),
     .min = 1,
     .max = INT32_MAX,
     .doc = "Look into this running process; decimal or 0x...; may be repeated"},
    {.name = "python",
     .kind = OPTION_TEXT,
     .argument = "EXE",
     .offset = AT(python),
     .file = true,
     .doc = "Interpreter to run a script with; else the one of the virtual environment, of the "
            "script's first line or of PATH"},
    {.name = "keep-running",
     .kind = OPTION_FLAG,
     .offset = AT(keep_running),
     .doc = "Let the program that was started go on when --duration is over"},
    {0},
};

const struct option record_sampling_rows[] = {
    {.name = "rate",
     .letter = 'r',
     .kind = OPTION_UINT,
     .argument = "N",
     .offset = AT(rate_hz),
     .min = 1,
     .max = RATE_MAX,
     .doc = "Samples per second; 100 unless given"},
    {.name = "duration",
     .letter = 'd',
     .kind = OPTION_SECONDS,
     .argument = "SECS",
     .offset = AT(duration_ns),
     .min = 1,
     .max = OPTION_UNLIMITED,
     .doc = "Stop after this many seconds; else, or with 'unlimited', when the program ends"},
    {.name = "nonblocking",
     .kind = OPTION_FLAG,
     .offset = AT(nonblocking),
     .excludes = "blocking",
     .doc = "Never stop any thread, not even for the microseconds that a stack needs which moves "
            "too fast"},
    {.name = "blocking",
     .kind = OPTION_FLAG,
     .offset = AT(blocking),
     .doc = "Stop all Python threads for each sample"},
    {.name = "async",
     .kind = OPTION_FLAG,
     .offset = AT(async),
     .doc = "Put the tasks that wait for an asyncio task below it (Python 3.14 and newer)"},
    {0},
};

static const struct option output_rows[] = {
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .offset = AT(output),
     .file = true,
     .doc = "Write to this file; - is standard output; else a name made of the program's and the "
            "time"},
    {.name = "format",
     .letter = 'f',
     .kind = OPTION_TEXT,
     .argument = "FORMAT",
     .offset = AT(format),
     .choice = output_format_name,
     .doc = "Not what the file's name says (else svg), but one of"},
    {.name = "flush",
     .kind = OPTION_SECONDS,
     .argument = "SECS",
     .offset = AT(flush_ns),
     .min = 1,
     .max = YEAR_NS,
     .doc = "Also write what there is so far every so many seconds (SIGUSR1 does it once)"},
    {.name = "native",
     .letter = 'n',
     .kind = OPTION_FLAG,
     .offset = AT(native),
     .hidden = true,
     .doc = "Frames of C and C++ (not yet)"},
    {.name = "hideprogress",
     .kind = OPTION_FLAG,
     .offset = AT(hide_progress),
     .hidden = true,
     .doc = "Show no progress line"},
    {.name = "capture",
     .kind = OPTION_FLAG,
     .offset = AT(capture),
     .hidden = true,
     .doc = "Accepted and without effect"},
    {0},
};

const struct option_group record_option_groups[] = {
    {"Program", record_target_rows, 0},
    {"Sampling", record_sampling_rows, 0},
    {"Output", output_rows, 0},
    {"View", view_thread_rows, offsetof(struct record_options, view)},
    {NULL, view_option_rows, offsetof(struct record_options, view)},
    {NULL, view_range_rows, offsetof(struct record_options, view)},
    {"Other", option_help_rows, 0},
    {0},
};

const struct record_options record_option_defaults = {
    .rate_hz = 100,
    .duration_ns = OPTION_UNLIMITED,
};
