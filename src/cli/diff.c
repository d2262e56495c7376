/* `heatline diff`: two recordings beside each other. */
#include "report/diff.h"

#include "analysis/slices.h"
#include "cli/command.h"
#include "cli/input.h"
#include "cli/sheet_options.h"
#include "cli/view_options.h"
#include "recording/format.h"

enum { ROWS = 20 };

struct diff_options {
    struct sheet_options sheet;
    struct view_options view;
};

static int add_samples(struct diff *d, enum diff_side side, struct reader *reader,
                       const struct query *query, struct reader_summary *ret_summary,
                       struct err *err)
{
    struct profile *profile = profile_new();
    struct view view;
    int result = slices_replay(reader, true, profile, ret_summary, err);

    if (result == 0 && (result = view_init(&view, profile, query, err)) == 0) {
        diff_add_view(d, side, &view);
        view_release(&view);
    }
    profile_free(profile);
    return result;
}

static int add_calls(struct diff *d, enum diff_side side, struct reader *reader,
                     const struct query *query, struct reader_summary *ret_summary, struct err *err)
{
    struct calls calls;

    calls_init(&calls, reader, query);
    int result = diff_add_calls(d, side, &calls, err);
    *ret_summary = calls.summary;
    calls_release(&calls);
    return result;
}

static int compare(struct reader *const *readers, char *const *paths, bool of_calls,
                   const struct diff_options *options, struct out *o, struct err *err)
{
    struct query query = view_options_query(&options->view);
    struct report_options how = sheet_options_report(&options->sheet, ROWS);
    struct diff diff;
    int result = 0;

    diff_init(&diff, of_calls);
    for (int side = 0; side < 2 && result == 0; side++) {
        struct reader_summary summary;
        result = (of_calls ? add_calls : add_samples)(&diff, (enum diff_side)side, readers[side],
                                                      &query, &summary, err);
        if (result == 0)
            input_warn(&summary, paths[side]);
    }
    if (result == 0)
        diff_write(&diff, &how, o);
    diff_release(&diff);
    return result;
}

/* Calls are compared with calls; where one side has none, their time is compared with samples. */
static int open_both(char *const *paths, struct reader **readers, bool *ret_of_calls,
                     struct err *err)
{
    *ret_of_calls = true;
    for (int side = 0; side < 2; side++) {
        unsigned producers;
        readers[side] = reader_open(paths[side], err);
        if (readers[side] == NULL || reader_producers(readers[side], &producers, err) != 0)
            return -1;
        *ret_of_calls &= (producers & 1u << HEAT_TRACER) != 0;
    }
    return 0;
}

static int run(const struct arguments *arguments, struct err *err)
{
    struct reader *readers[2] = {NULL, NULL};
    struct out *o = NULL;
    bool of_calls;
    int result = -1;

    if (arguments->operand_count != 2) {
        err_set(err, STATUS_USAGE, "two recordings can be compared, not %zu",
                arguments->operand_count);
        return err_hint(err, "heatline diff BEFORE.heat AFTER.heat");
    }
    if (open_both(arguments->operands, readers, &of_calls, err) == 0)
        o = out_open("-", err);
    if (o != NULL)
        result = compare(readers, arguments->operands, of_calls, arguments->options, o, err);
    if (result == 0)
        result = out_close(o, err);
    else
        out_discard(o);
    reader_free(readers[0]);
    reader_free(readers[1]);
    return result;
}

#define AT(field) offsetof(struct diff_options, field)

static const struct option_group groups[] = {
    {"Output", sheet_option_rows, AT(sheet)},
    {"View", view_option_rows, AT(view)},
    {NULL, view_range_rows, AT(view)},
    {"Other", option_help_rows, 0},
    {0},
};
static const char *const usage[] = {"BEFORE AFTER [OPTION...]", NULL};
static const char *const examples[] = {
    "What a change to the program has changed",
    "heatline diff before.heat after.heat",
    "The same for one package, as data",
    "heatline diff before.heat after.heat --include 'mypackage/*' --csv",
    NULL,
};
static const struct diff_options defaults = {.sheet.limit = SHEET_OPTIONS_LIMIT_UNSET};

const struct command command_diff = {
    .name = "diff",
    .doc = "Compare two recordings, function by function",
    .usage = usage,
    .about = "What moved most stands first. Of calls, Change is that of the mean duration of a "
             "call, and p the probability of such a difference if nothing had changed, by Welch's "
             "test; of samples, Change is that of the share of time, and p is by the test of two "
             "shares. Both take calls and samples to be independent of each other, which those of "
             "one run hardly are: compare several runs before you believe a p near the limit.\n\n"
             "Functions are the same if their names and files are; lines may have moved.",
    .examples = examples,
    .groups = groups,
    .options_bytes = sizeof(struct diff_options),
    .defaults = &defaults,
    .run = run,
};
