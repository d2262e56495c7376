/* `heatline record`: a sampling profile of a program that it starts or that already runs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/record_options.h"
#include "cli/result.h"
#include "cli/session.h"
#include "subject/spawn.h"

/* PROGRAM-2026-01-31T12-00-00.svg, as py-spy names it. */
static void default_output(struct str *ret_path, const struct record_options *options,
                           const struct arguments *arguments, const struct exporter *format)
{
    char when[40];
    time_t now = time(NULL);
    struct tm local;
    strftime(when, sizeof(when), "%Y-%m-%dT%H-%M-%S", localtime_r(&now, &local));
    if (arguments->operand_count) {
        const char *slash = strrchr(arguments->operands[0], '/');
        str_add(ret_path, slash ? slash + 1 : arguments->operands[0]);
    } else {
        str_printf(ret_path, "%" PRIu64, *(const uint64_t *)vec_at(&options->pids, 0));
    }
    str_printf(ret_path, "-%s%.*s", when, (int)strcspn(format->suffixes, " "), format->suffixes);
}

static int check_target(const struct record_options *options, const struct arguments *arguments,
                        struct err *err)
{
    if (options->native) {
        err_set(err, STATUS_USAGE, "frames of C and C++ (--native) cannot be recorded yet");
        return err_hint(err, "leave --native away to see the Python frames");
    }
    if (options->pids.len && arguments->operand_count) {
        err_set(err, STATUS_USAGE, "both a pid and a command were given");
        return err_hint(err, "leave one out: a recording either attaches or starts the program");
    }
    if (!options->pids.len && !arguments->operand_count) {
        err_set(err, STATUS_USAGE, "nothing to record: give a pid or a command");
        return err_hint(err, "heatline record -p PID, or heatline record -- python program.py");
    }
    return 0;
}

static void note(struct sink *sink, const char *key, const char *value)
{
    struct event event = {.kind = EVENT_NOTE,
                          .note = {{key, (uint32_t)strlen(key)}, {value, (uint32_t)strlen(value)}}};
    sink->emit(sink, &event);
}

/* What `info` and the titles of pictures tell later. */
static void describe(struct sink *sink, const struct record_options *options,
                     const struct arguments *arguments)
{
    struct str text = STR_EMPTY;
    for (size_t i = 0; i < arguments->operand_count; i++)
        str_printf(&text, "%s%s", i ? " " : "", arguments->operands[i]);
    for (size_t i = 0; i < options->pids.len; i++)
        str_printf(&text, "%s%" PRIu64, i ? " " : "pid ",
                   *(const uint64_t *)vec_at(&options->pids, i));
    note(sink, "command", text.data ? text.data : "");
    str_clear(&text);
    str_printf(&text, "%" PRIu64, options->rate_hz);
    note(sink, "rate_hz", text.data);
    note(sink, "version", HEATLINE_VERSION);
    str_release(&text);
}

static void tell(const struct session *s, const char *output)
{
    double seconds = (double)(s->end_ns - s->start_ns) / NS_PER_S;
    double rate_hz = seconds > 0 ? (double)s->stats.ticks / seconds : 0;
    if (rate_hz < 0.9 * (double)s->options->rate_hz && s->stats.ticks > 100)
        message_note("sampled %.0f times a second instead of %" PRIu64
                     "; every sample counts for the time it stands for",
                     rate_hz, s->options->rate_hz);
    bool wanted = isatty(STDERR_FILENO) && !s->options->hide_progress;
    if (strcmp(output, "-") != 0 && (wanted || !s->options->output))
        message_note("wrote %s: %" PRIu64 " samples in %.1f s", output, s->stats.samples, seconds);
}

static int record(const struct record_options *options, const struct arguments *arguments,
                  char *const *argv, struct result *result, struct err *err)
{
    struct session session;
    if (session_start(&session, options, argv, result, NULL, err)) {
        result_discard(result);
        return -1;
    }
    describe(writer_sink(result->writer), options, arguments);
    session_run(&session);
    int failure = writer_failure(result->writer);
    if (!session.stats.processes_seen) {
        result_discard(result);
        return session_saw_nothing(&session, session_finish(&session), err);
    }
    int failed = result_close(result, err);
    if (!failed)
        tell(&session, result->output);
    int status = session_finish(&session);
    if (failed)
        return -1;
    if (failure) {
        err_system(err, failure, "the recording could not grow, so its end is missing");
        return status ? (message_error(err), status) : -1;
    }
    return status;
}

static int run(const struct arguments *arguments, struct err *err)
{
    const struct record_options *options = arguments->options;
    struct query query = view_options_query(&options->view);
    struct str output = STR_EMPTY;
    struct vec argv;
    struct result result;
    int status = -1;
    vec_init(&argv, sizeof(char *));
    const struct exporter *format = output_format(options->format, options->output, "svg", err);
    if (!format || check_target(options, arguments, err))
        goto out;
    if (options->output)
        str_add(&output, options->output);
    else
        default_output(&output, options, arguments, format);
    bool launch = arguments->operand_count > 0;
    if (launch && spawn_argv(arguments->operands, options->python, &argv, err))
        goto out;
    if (result_open(&result, format, output.data, HEAT_SAMPLER, &query, err) == 0)
        status = record(options, arguments, launch ? argv.data : NULL, &result, err);
out:
    str_release(&output);
    vec_release(&argv);
    return status;
}

static const char *const usage[] = {"[OPTION...] -p PID...", "[OPTION...] -- COMMAND [ARGUMENT...]",
                                    NULL};
static const char *const examples[] = {
    "A flame graph of a program, from its start to its end",
    "heatline record -o profile.svg -- python main.py",
    "Ten seconds of a running server and its workers",
    "heatline record -p 1234 -s -d 10 -o server.svg",
    "Everything, to be looked at in many ways later",
    "heatline record -r 1000 -o run.heat -- python main.py",
    NULL,
};

const struct command command_record = {
    .name = "record",
    .doc = "Sample a running program, or one that it starts, into a profile",
    .usage = usage,
    .about = "Looks into CPython 3.8 and newer from outside: nothing is loaded into the program, "
             "nothing "
             "is written into it, and it is not stopped, but for single threads that move too fast "
             "to be read, and for microseconds.",
    .examples = examples,
    .groups = record_option_groups,
    .options_bytes = sizeof(struct record_options),
    .defaults = &record_option_defaults,
    .program = true,
    .run = run,
};
