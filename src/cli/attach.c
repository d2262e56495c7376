#include "cli/attach.h"

#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "cli/agent.h"
#include "cli/message.h"
#include "cli/signals.h"
#include "inject/inject.h"
#include "inject/shared_file.h"
#include "subject/proc_status.h"

static const uint64_t enter_ns = 5 * (uint64_t)NS_PER_S;

static int call_agent(pid_t pid, const char *agent, const char *entry, const char *config,
                      bool (*stop)(void *), void *context, struct err *err)
{
    char answer[INJECT_ANSWER_BYTES];
    const struct inject_call call = {
        .library = agent,
        .entry = entry,
        .config = config,
        .timeout_ns = enter_ns,
        .stop = stop,
        .context = context,
    };
    if (inject_run(pid, &call, answer, err))
        return -1;
    if (strcmp(answer, "0") == 0)
        return 0;
    if (strcmp(answer, "-1") != 0)
        return err_set(err, STATUS_FAIL, "the agent cannot work in process %d: %.200s", (int)pid,
                       answer);
    err_set(err, STATUS_FAIL, "the agent is in process %d, but cannot record there", (int)pid);
    return err_hint(err, "is it being traced already?");
}

/* Has anything come that means the end? */
static bool is_told_to_stop(void *signals_fd)
{
    struct signal_event event;
    while (signals_take(*(int *)signals_fd, &event))
        if (event.number != SIGCHLD)
            return true;
    return false;
}

static bool is_running(pid_t pid)
{
    struct proc_status status;
    return proc_status_read(&status, pid) == 0 && status.state != 'Z' && status.state != 'X';
}

static void wait_for(pid_t pid, uint64_t duration_ns, int signals_fd)
{
    uint64_t begun_ns = clock_ns();
    uint64_t until_ns = duration_ns == OPTION_UNLIMITED ? UINT64_MAX : begun_ns + duration_ns;
    while (clock_ns() < until_ns && is_running(pid)) {
        uint64_t look_ns = clock_ns() + NS_PER_S / 10;
        signals_wait(signals_fd, -1, look_ns < until_ns ? look_ns : until_ns);
        if (is_told_to_stop(&signals_fd))
            return;
    }
}

static int record(const struct trace_options *options, const char *agent, const char *config,
                  int signals_fd, struct err *err)
{
    pid_t pid = (pid_t)options->attach;
    if (call_agent(pid, agent, "heatline_attach", config, is_told_to_stop, &signals_fd, err))
        return -1;
    if (!options->quiet)
        message_note("tracing process %d; Ctrl-C ends it", (int)pid);
    wait_for(pid, options->duration_ns, signals_fd);
    struct err left = {0};
    if (call_agent(pid, agent, "heatline_detach", "", NULL, NULL, &left) &&
        left.status != STATUS_GONE)
        message_error(&left);
    return 0;
}

int attach_trace(const struct trace_options *options, const char *recording, int signals_fd,
                 struct err *err)
{
    struct str agent = STR_EMPTY, config = STR_EMPTY;
    struct shared_file file;
    int failed =
        agent_find(&agent, err) || shared_file_open(&file, (pid_t)options->attach, recording, err);
    if (!failed) {
        trace_options_config(options, file.path, &config);
        failed = record(options, agent.data, config.data, signals_fd, err);
        shared_file_close(&file);
    }
    str_release(&agent);
    str_release(&config);
    return failed ? -1 : 0;
}
