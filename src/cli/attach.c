#include "cli/attach.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/agent.h"
#include "cli/message.h"
#include "cli/signals.h"
#include "cli/trace_config.h"
#include "inject/inject.h"
#include "inject/shared_file.h"
#include "subject/diagnose.h"
#include "subject/proc_status.h"

/* How long a call may take, and after what time we tell that it does. */
static const uint64_t limit_ns = 5 * (uint64_t)NS_PER_S, patience_ns = NS_PER_S;

struct entry {
    pid_t pid;
    uint64_t tell_ns; /* when the user is told that it takes long; UINT64_MAX: no more */
};

/* Has anything come that means the end? */
static bool is_told_to_stop(struct snapshots *snapshots)
{
    struct signal_event event;
    while (signals_take(&event)) {
        if (event.number == SIGUSR1 && snapshots && snapshots->by_signal)
            snapshots_fire(snapshots);
        else if (event.number != SIGCHLD)
            return true;
    }
    return false;
}

static bool is_to_give_up(void *context)
{
    struct entry *entry = context;
    if (clock_ns() > entry->tell_ns) {
        entry->tell_ns = UINT64_MAX;
        message_note("process %d runs no Python now; waiting until it does, or for Ctrl-C",
                     (int)entry->pid);
    }
    return is_told_to_stop(NULL);
}

static int run(pid_t pid, const struct inject_call *call, struct err *err)
{
    char answer[INJECT_ANSWER_BYTES];
    if (inject_run(pid, call, answer, err))
        return -1;
    if (strcmp(answer, "0") == 0)
        return 0;
    if (strcmp(answer, "-1") != 0)
        return err_set(err, STATUS_FAIL, "the agent cannot work in process %d: %.200s", (int)pid,
                       answer);
    err_set(err, STATUS_FAIL, "the agent is in process %d, but cannot record there", (int)pid);
    return err_hint(err, "is it being traced already?");
}

/* With a duration somebody may have written it into a script, so we do not wait for ever. */
static int enter(const struct trace_options *options, const char *agent, const char *config,
                 struct err *err)
{
    const bool limited = options->duration_ns != OPTION_UNLIMITED;
    struct entry entry = {
        .pid = (pid_t)options->attach,
        .tell_ns = limited || options->quiet ? UINT64_MAX : clock_ns() + patience_ns,
    };
    const struct inject_call call = {
        .library = agent,
        .entry = "heatline_attach",
        .config = config,
        .timeout_ns = limited ? limit_ns : UINT64_MAX / 2,
        .stop = is_to_give_up,
        .context = &entry,
    };
    return run(entry.pid, &call, err);
}

/* An agent that cannot be told leaves by itself once the recording has been closed. */
static void leave(pid_t pid, const char *agent)
{
    const struct inject_call call = {
        .library = agent,
        .entry = "heatline_detach",
        .config = "",
        .timeout_ns = limit_ns,
    };
    struct err err = {0};
    if (run(pid, &call, &err) && err.status != STATUS_GONE)
        message_note("process %d runs no Python now; the agent leaves when it does", (int)pid);
}

static bool is_running(pid_t pid)
{
    struct proc_status status;
    return proc_status_read(&status, pid) == 0 && status.state != 'Z' && status.state != 'X';
}

static void wait_for(pid_t pid, uint64_t duration_ns, struct snapshots *snapshots)
{
    uint64_t begun_ns = clock_ns();
    uint64_t until_ns = duration_ns == OPTION_UNLIMITED ? UINT64_MAX : begun_ns + duration_ns;
    for (uint64_t now_ns = begun_ns; now_ns < until_ns && is_running(pid); now_ns = clock_ns()) {
        uint64_t left_ns = until_ns - now_ns;
        signals_wait(-1, left_ns < NS_PER_S / 10 ? left_ns : NS_PER_S / 10);
        if (is_told_to_stop(snapshots))
            return;
        if (snapshots)
            snapshots_look(snapshots);
    }
}

static int record(const struct trace_options *options, const char *agent, const char *config,
                  struct snapshots *snapshots, struct err *err)
{
    pid_t pid = (pid_t)options->attach;
    if (enter(options, agent, config, err))
        return -1;
    if (!options->quiet)
        message_note("tracing process %d; Ctrl-C ends it", (int)pid);
    wait_for(pid, options->duration_ns, snapshots);
    leave(pid, agent);
    return 0;
}

/* What is the project of a process that runs: what lies in its working directory. */
static void add_project(pid_t pid, struct str *config)
{
    char path[64], folder[PATH_MAX];
    snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
    ssize_t len = readlink(path, folder, sizeof(folder));
    if (len > 0)
        str_printf(config, "project=%.*s/\n", (int)len, folder);
}

int attach_trace(const struct trace_options *options, const char *recording,
                 struct snapshots *snapshots, struct err *err)
{
    struct str agent = STR_EMPTY, config = STR_EMPTY;
    struct shared_file file;
    if (!is_running((pid_t)options->attach) && diagnose((pid_t)options->attach, err))
        return -1;
    int failed =
        agent_find(&agent, err) || shared_file_open(&file, (pid_t)options->attach, recording, err);
    if (!failed) {
        trace_config_write(options, file.path, &config);
        str_add(&config, "until_closed=1\n");
        if (options->project)
            add_project((pid_t)options->attach, &config);
        failed = record(options, agent.data, config.data, snapshots, err);
        shared_file_close(&file);
    }
    str_release(&agent);
    str_release(&config);
    return failed ? -1 : 0;
}
