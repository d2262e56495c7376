/* `heatline report`: a recording in the terminal. */
#include "report/report.h"

#include "analysis/slices.h"
#include "cli/command.h"
#include "cli/input.h"
#include "cli/sheet_options.h"
#include "cli/view_options.h"
#include "recording/format.h"

struct report_command_options {
    int report; /* index in reports */
    struct sheet_options sheet;
    struct view_options view;
};

static int show_view(struct reader *reader, const char *path, const struct query *query,
                     const struct report *report, const struct report_options *how, struct out *o,
                     struct err *err)
{
    struct profile *profile = profile_new();
    struct reader_summary summary;
    struct view view;
    int result = slices_replay(reader, false, profile, &summary, err);

    if (result == 0)
        input_warn(&summary, path);
    if (result == 0 && (result = view_init(&view, profile, query, err)) == 0) {
        result = report->write(&view, how, o, err);
        view_release(&view);
    }
    profile_free(profile);
    return result;
}

static int show_calls(struct reader *reader, const char *path, const struct query *query,
                      const struct report *report, const struct report_options *how, struct out *o,
                      struct err *err)
{
    struct calls calls;

    calls_init(&calls, reader, query);
    int result = report->write_calls(&calls, how, o, err);
    if (result == 0) {
        input_warn(&calls.summary, path);
        input_warn_calls(&calls.spans, path);
    }
    calls_release(&calls);
    return result;
}

static int show(struct reader *reader, const char *path,
                const struct report_command_options *options, struct out *o, struct err *err)
{
    const struct report *report = &reports[options->report];
    struct query query = view_options_query(&options->view);
    struct report_options how = sheet_options_report(&options->sheet, report->rows);
    unsigned producers;

    if (reader_producers(reader, &producers, err) != 0)
        return -1;
    bool calls = producers & 1u << HEAT_TRACER;
    if (report->write == NULL && !calls) {
        err_set(err, STATUS_FAIL, "'%s' holds samples, and --%s shows calls", path, report->name);
        return err_hint(err, "`heatline trace` records every call");
    }
    if (report->write_calls == NULL && calls && !(producers & 1u << HEAT_SAMPLER)) {
        err_set(err, STATUS_FAIL, "'%s' holds calls, and --%s shows samples", path, report->name);
        return err_hint(err, "`heatline record` samples which line a program is at");
    }
    if (calls && report->write_calls != NULL)
        return show_calls(reader, path, &query, report, &how, o, err);
    return show_view(reader, path, &query, report, &how, o, err);
}

static int run(const struct arguments *arguments, struct err *err)
{
    const struct report_command_options *options = arguments->options;
    const char *path = input_operand(arguments, err);
    struct reader *reader = path != NULL ? reader_open(path, err) : NULL;
    struct out *o = reader != NULL ? out_open("-", err) : NULL;
    int result = o != NULL ? show(reader, path, options, o, err) : -1;

    if (result == 0)
        result = out_close(o, err);
    else
        out_discard(o);
    reader_free(reader);
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
     .doc = "Each thread: on the processor, idle, holding or waiting for the GIL; its calls"},
    {.name = "calls",
     .kind = OPTION_SET,
     .offset = AT(report),
     .min = 4,
     .doc = "The most expensive pairs of caller and callee (of a trace)"},
    {.name = "tasks",
     .kind = OPTION_SET,
     .offset = AT(report),
     .min = 5,
     .doc = "Each asynchronous task: how long it ran, and how long it waited (of a trace)"},
    {.name = "replay",
     .kind = OPTION_SET,
     .offset = AT(report),
     .min = 6,
     .doc = "Every call in order of time, indented (of a trace)"},
    {0},
};

/* --threads is a report here, so the view's option of that name goes by another. */
static const struct option more_view_rows[] = {
    {.name = "per-thread",
     .letter = 't',
     .kind = OPTION_FLAG,
     .offset = AT(view.threads),
     .doc = "Show each thread by itself"},
    {0},
};

static const struct option_group groups[] = {
    {"Reports", report_rows, 0},          {"Output", sheet_option_rows, AT(sheet)},
    {"View", view_option_rows, AT(view)}, {NULL, view_range_rows, AT(view)},
    {NULL, view_duration_rows, AT(view)}, {NULL, more_view_rows, 0},
    {"Other", option_help_rows, 0},       {0},
};
static const char *const usage[] = {"FILE [REPORT] [OPTION...]", NULL};
static const char *const examples[] = {
    "The hottest functions",
    "heatline report profile.heat",
    "The hottest lines of one package, processor time only",
    "heatline report profile.heat --lines --mode cpu --include 'mypackage/*'",
    NULL,
};
static const struct report_command_options defaults = {.sheet.limit = SHEET_OPTIONS_LIMIT_UNSET};

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
