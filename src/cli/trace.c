/* `heatline trace`: every call of a program that it starts or attaches to. The program writes its calls into the recording by itself;
 * we only make the file, wait, and make of it what was asked for. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/agent.h"
#include "cli/attach.h"
#include "cli/command.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/result.h"
#include "cli/signals.h"
#include "cli/snapshots.h"
#include "cli/trace_config.h"
#include "cli/trace_output.h"
#include "subject/spawn.h"

static void note(struct sink *sink, const char *key, const char *value)
{
    struct event event = {
        .kind = EVENT_NOTE,
        .note = {{key, (uint32_t)strlen(key)}, {value, (uint32_t)strlen(value)}},
    };
    sink->emit(sink, &event);
}

static void describe(struct sink *sink, char *const *argv)
{
    struct str text = STR_EMPTY;
    for (size_t i = 0; argv[i]; i++)
        str_printf(&text, "%s%s", i ? " " : "", argv[i]);
    if (text.len)
        note(sink, "command", text.data);
    note(sink, "mode", "trace");
    note(sink, "version", HEATLINE_VERSION);
    str_release(&text);
}

/* What the terminal sends the program has got as well, and what others send us is meant for it. */
static int wait_for(pid_t child, struct snapshots *snapshots)
{
    const uint64_t look_ns = snapshots ? NS_PER_S / 20 : NS_PER_S;
    int status;
    while (waitpid(child, &status, WNOHANG) == 0) {
        struct signal_event event;
        signals_wait(-1, look_ns);
        while (signals_take(&event)) {
            if (event.number == SIGUSR1 && snapshots && snapshots->by_signal)
                snapshots_fire(snapshots);
            else if (event.number != SIGCHLD && !event.from_terminal)
                kill(child, event.number);
        }
        if (snapshots)
            snapshots_look(snapshots);
    }
    return spawn_exit_status(status);
}

static int start(const struct trace_options *options, const char *recording, char *const *argv,
                 pid_t *ret_child, struct err *err)
{
    struct str agent = STR_EMPTY, config = STR_EMPTY;
    int failed = agent_find(&agent, err);
    if (!failed) {
        trace_config_write(options, recording, &config);
        if (options->project)
            trace_config_add_project(argv, &config);
        failed = agent_set_environment(agent.data, config.data, err);
    }
    if (!failed) {
        *ret_child = spawn_start(argv, err);
        failed = *ret_child < 0 ? -1 : 0;
    }
    str_release(&agent);
    str_release(&config);
    return failed;
}

/* Starts the program, or attaches to it, and waits for the end. -1: nothing was recorded; else its exit status. */
static int trace_program(const struct trace_options *options, const struct result *result,
                         char *const *argv, struct snapshots *snapshots, struct err *err)
{
    char recording[PATH_MAX];
    pid_t child;
    if (!realpath(result->recording, recording))
        return err_system(err, errno, "cannot find the recording %s", result->recording);
    if (options->attach)
        return attach_trace(options, recording, snapshots, err);
    return start(options, recording, argv, &child, err) ? -1 : wait_for(child, snapshots);
}

/* That is an error, unless the program itself says so by its status, which is then returned. */
static int saw_nothing(int status, struct err *err)
{
    err_set(err, STATUS_NOT_PYTHON, "no Python was seen running");
    err_hint(err, "the agent needs CPython 3.8 or newer, and the program to be linked dynamically");
    return status ? (message_error(err), status) : -1;
}

/* The ring itself is not kept. */
static int end_snapshots(struct snapshots *snapshots, struct result *result, int status)
{
    if (status >= 0)
        snapshots_finish(snapshots);
    if (status >= 0 && !snapshots->taken && !snapshots->failed && !snapshots->options->quiet)
        message_note("no trigger fired, so nothing was written");
    result_discard(result);
    return status == 0 && snapshots->failed ? STATUS_FAIL : status;
}

static double mebibytes(uint64_t segments)
{
    return (double)(segments * HEAT_SEGMENT_BYTES) / (1 << 20);
}

static int trace(const struct trace_options *options, char *const *argv, struct result *result,
                 struct snapshots *snapshots, struct err *err)
{
    if (signals_open())
        return err_system(err, errno, "cannot take signals");
    describe(writer_sink(result->writer), argv);
    int status = trace_program(options, result, argv, snapshots, err);
    if (status >= 0 && writer_streams(result->writer) == 1) /* ours */
        status = saw_nothing(status, err);
    if (snapshots)
        return end_snapshots(snapshots, result, status);
    uint64_t lost = writer_lost(result->writer), retaken = writer_retaken(result->writer);
    if (status < 0 || writer_streams(result->writer) == 1) {
        result_discard(result);
        return status;
    }
    if (result_close(result, err))
        return -1;
    if (retaken)
        message_note("only the latest is there: %.1f MiB gave way to it", mebibytes(retaken));
    if (lost)
        message_note("%" PRIu64 " later events found no room", lost);
    if (!options->quiet && strcmp(result->output, "-") != 0)
        message_note("wrote %s", result->output);
    return status;
}

/* Either a program to be started or a process. */
static int check(const struct arguments *arguments, const struct trace_options *options,
                 struct err *err)
{
    if (options->attach && arguments->operand_count)
        return err_set(err, STATUS_USAGE,
                       "--attach traces a running process, so no program can "
                       "be given");
    if (options->attach && options->log_torch)
        return err_set(err, STATUS_USAGE,
                       "--log-torch is for programs that are started by heatline trace");
    if (!options->attach && options->duration_ns != OPTION_UNLIMITED)
        return err_set(err, STATUS_USAGE, "--duration needs --attach");
    if (options->triggers.len && options->output && !strcmp(options->output, "-"))
        return err_set(err, STATUS_USAGE,
                       "--trigger writes files, so -o cannot be standard output");
    if (trace_config_check(options, err))
        return -1;
    if (options->attach || arguments->operand_count)
        return 0;
    err_set(err, STATUS_USAGE, "nothing to trace: give a program, or --attach PID");
    return err_hint(err, "heatline trace program.py, or heatline trace -- command");
}

static int find_program(const struct arguments *arguments, const struct trace_options *options,
                        struct vec *ret_argv, struct err *err)
{
    if (options->attach) {
        *(char **)vec_push(ret_argv) = NULL;
        return 0;
    }
    return spawn_argv(arguments->operands, options->python, ret_argv, err) ||
                   (options->log_torch && trace_config_check_torch(ret_argv->data, err))
               ? -1
               : 0;
}

static int run(const struct arguments *arguments, struct err *err)
{
    const struct trace_options *options = arguments->options;
    struct str path = STR_EMPTY, ring = STR_EMPTY;
    struct query query = {0};
    struct result result;
    struct vec argv;
    int status = -1;
    vec_init(&argv, sizeof(char *));
    if (trace_output_path(options, arguments->operands, &path, err))
        return -1;
    const char *output = path.data;
    const struct exporter *format = output_format(options->format, output, "heat", err);
    struct snapshots snapshots = {.options = options, .format = format, .output = output};
    snapshots.by_signal = snapshots_wait_for_signal(options);
    str_printf(&ring, "%s.ring.heat", output);
    bool triggered = options->triggers.len > 0;
    if (format && check(arguments, options, err) == 0 &&
        find_program(arguments, options, &argv, err) == 0 &&
        result_open(&result, triggered ? output_format("heat", ring.data, "heat", err) : format,
                    triggered ? ring.data : output, HEAT_TRACER, &query, err) == 0) {
        snapshots.writer = result.writer;
        status = trace(options, argv.data, &result, triggered ? &snapshots : NULL, err);
    }
    str_release(&path);
    str_release(&ring);
    vec_release(&argv);
    return status;
}

static const char *const usage[] = {
    "[OPTION...] program.py [ARGUMENT...]", "[OPTION...] -m MODULE [ARGUMENT...]",
    "[OPTION...] -- COMMAND [ARGUMENT...]", "[OPTION...] --attach PID", NULL};
static const char *const examples[] = {
    "Every call of a program",
    "heatline trace program.py",
    "Only calls of functions in src/, without those of C",
    "heatline trace --ignore-c-function --include-files $PWD/src -m server",
    "Ten seconds of a process that runs already",
    "heatline trace --attach 1234 -t 10",
    NULL,
};

const struct command command_trace = {
    .name = "trace",
    .doc = "Record every call of a program, with its time",
    .usage = usage,
    .about = "Loads an agent into the program and into all that it starts, which write their calls "
             "into one recording at once: whatever ends them, what happened until then is there.",
    .examples = examples,
    .groups = trace_option_groups,
    .options_bytes = sizeof(struct trace_options),
    .defaults = &trace_option_defaults,
    .program = true,
    .run = run,
};
