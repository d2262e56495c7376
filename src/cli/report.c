/* `heatline report`: a recording in the terminal. */
#include "report/report.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/input.h"
#include "cli/terminal.h"
#include "cli/view_options.h"

enum { COLUMNS_PIPED = 500 };

#define LIMIT_UNSET UINT64_MAX

struct report_command_options {
    int report; /* index in reports */
    int format; /* enum report_format */
    uint64_t limit;
    struct view_options view;
};

static struct report_options report_options(const struct report_command_options *options)
{
    bool fits = isatty(STDOUT_FILENO) || getenv("COLUMNS") != NULL;
    uint64_t limit = options->limit;

    if (limit == LIMIT_UNSET)
        limit = options->format == REPORT_TEXT ? reports[options->report].rows : 0;
    return (struct report_options){
        .format = (enum report_format)options->format,
        .limit = (uint32_t)limit,
        .columns = fits ? terminal_columns(STDOUT_FILENO) : COLUMNS_PIPED,
        .color = terminal_color(STDOUT_FILENO),
    };
}

static int write_report(const struct input *in, const struct report_command_options *options,
                        struct err *err)
{
    struct query query = view_options_query(&options->view);
    struct report_options how = report_options(options);
    struct view view;

    if (view_init(&view, in->profile, &query, err) != 0)
        return -1;
    struct out *o = out_open("-", err);
    int result = o != NULL ? reports[options->report].write(&view, &how, o, err) : -1;
    if (result == 0)
        result = out_close(o, err);
    else
        out_discard(o);
    view_release(&view);
    return result;
}

static int run(const struct arguments *arguments, struct err *err)
{
    const struct report_command_options *options = arguments->options;
    const char *path = input_operand(arguments, err);
    struct input in;

    if (path == NULL || input_open(&in, path, err) != 0)
        return -1;
    input_warn(&in, path);
    int result = write_report(&in, options, err);
    input_release(&in);
    return result;
}

#define AT(field) offsetof(struct report_command_options, field)

/* `min` is the index in `reports`, which tests/unit/test_commands.c checks. */
static const struct option report_rows[] = {
    {.name = "functions",
     .kind = OPTION_SET,
     .offset = AT(report),
     .min = 0,
     .doc = "The hottest functions; this is what you get without a choice"},
    {.name = "lines",
     .kind = OPTION_SET,
     .offset = AT(report),
     .min = 1,
     .doc = "The hottest lines, with their source where it can be read"},
    {.name = "tree",
     .kind = OPTION_SET,
     .offset = AT(report),
     .min = 2,
     .doc = "Who calls whom, down to one percent"},
    {.name = "threads",
     .kind = OPTION_SET,
     .offset = AT(report),
     .min = 3,
     .doc = "Each thread: on the processor, idle, holding or waiting for the GIL"},
    {0},
};

static const struct option format_rows[] = {
    {.name = "limit",
     .kind = OPTION_UINT,
     .argument = "N",
     .offset = AT(limit),
     .max = UINT32_MAX,
     .doc = "At most N rows, 0 for all; else 20 functions or lines as text, and all as data"},
    {.name = "json",
     .kind = OPTION_SET,
     .offset = AT(format),
     .min = REPORT_JSON,
     .doc = "Write JSON; heatline(1) tells its keys"},
    {.name = "csv",
     .kind = OPTION_SET,
     .offset = AT(format),
     .min = REPORT_CSV,
     .doc = "Write comma-separated values"},
    {0},
};

/* --threads is a report here, so the view's option of that name goes by another. */
static const struct option thread_rows[] = {
    {.name = "per-thread",
     .letter = 't',
     .kind = OPTION_FLAG,
     .offset = AT(view.threads),
     .doc = "Show each thread by itself"},
    {0},
};

static const struct option_group groups[] = {
    {"Reports", report_rows, 0},          {"Output", format_rows, 0},
    {"View", view_option_rows, AT(view)}, {NULL, thread_rows, 0},
    {"Other", option_help_rows, 0},       {0},
};
static const char *const usage[] = {"FILE [--functions | --lines | --tree | --threads] [OPTION...]",
                                    NULL};
static const char *const examples[] = {
    "The hottest functions",
    "heatline report profile.heat",
    "The hottest lines of one package, processor time only",
    "heatline report profile.heat --lines --mode cpu --include 'mypackage/*'",
    NULL,
};
static const struct report_command_options defaults = {.limit = LIMIT_UNSET};

const struct command command_report = {
    .name = "report",
    .doc = "Print what a recording shows",
    .usage = usage,
    .about = "Own is the time spent in a function or line itself, Total also what it called. A "
             "function that calls itself counts once.",
    .examples = examples,
    .groups = groups,
    .options_bytes = sizeof(struct report_command_options),
    .defaults = &defaults,
    .run = run,
};
