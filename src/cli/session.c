#include "cli/session.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/message.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "sampler/pacer.h"
#include "subject/spawn.h"

enum {
    SIGNALS_WAIT_NS = NS_PER_MS,   /* between looks for signals when there is no time to wait */
    WATCH_WAIT_NS = 5 * NS_PER_MS, /* between looks for new processes */
    KILL_WAIT_S = 5,
    SLACK_FINE_NS = 1,
    SLEEP_MIN_NS = 20 * NS_PER_US, /* going to sleep for less takes longer than that */
};

/* Every thread costs two descriptors. The program has been started by now, with limits of its own. */
static void raise_limits(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Whoever asks for short turns on a CPU gets them sooner, from Linux 6.12 on: looks come when they are due also where
 * every CPU is busy. No privilege is needed, and no more time is got. */
static void take_short_turns(void)
{
    enum { TURN_NS = 100 * NS_PER_US }; /* the least there is */
    struct {                            /* struct sched_attr, include/uapi/linux/sched/types.h */
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime_ns, deadline_ns, period_ns;
    } attributes = {0};
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) ||
        attributes.policy != SCHED_OTHER)
        return;
    attributes.runtime_ns = TURN_NS;
    syscall(SYS_sched_setattr, 0, &attributes, 0);
}

static int attach_all(struct session *s, struct err *err)
{
    const struct vec *pids = &s->options->pids;
    for (size_t i = 0; i < pids->len; i++) {
        pid_t pid = (pid_t) * (const uint64_t *)vec_at(pids, i);
        if (sampler_attach(s->sampler, pid, false, err))
            return -1;
    }
    return 0;
}

static enum sampler_freeze freeze_of(const struct record_options *options)
{
    return options->blocking      ? SAMPLER_FREEZE_ALL
           : options->nonblocking ? SAMPLER_FREEZE_NEVER
                                  : SAMPLER_FREEZE_MOVING;
}

int session_start(struct session *s, const struct record_options *options, char *const *argv,
                  struct result *result, struct session_audience *audience, struct err *err)
{
    *s = (struct session){
        .options = options, .result = result, .audience = audience, .start_ns = clock_ns()};
    if (signals_open())
        return err_set(err, STATUS_FAIL, "cannot take signals");
    const struct sampler_options sampling = {
        .freeze = freeze_of(options),
        .subprocesses = options->view.processes,
        .async = options->async,
        .period_ns = NS_PER_S / options->rate_hz,
    };
    if (argv) {
        s->child = spawn_start(argv, err);
        if (s->child < 0)
            return -1;
    }
    raise_limits();
    take_short_turns();
    if (options->rate_hz > 1000)
        prctl(PR_SET_TIMERSLACK, SLACK_FINE_NS);
    s->sampler = sampler_new(&sampling, audience ? audience->sink : writer_sink(result->writer));
    int failed = argv ? sampler_attach(s->sampler, s->child, true, err) : attach_all(s, err);
    if (failed)
        sampler_free(s->sampler);
    return failed;
}

/* Only looks: a stop of the child's main thread is news for who asked for it by ptrace, and taking it
 * away here would leave the thread standing for good. */
static bool has_ended(pid_t child)
{
    siginfo_t info = {.si_pid = 0};
    if (waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT))
        return true;
    return info.si_pid && info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED;
}

/* Has the program ended? The sampler may have been told in our place, if it held the thread. */
static void attend_child(struct session *s)
{
    int status;
    if (!s->child || !has_ended(s->child))
        return;
    if (waitpid(s->child, &status, WNOHANG) < 0)
        status = sampler_wait_status(s->sampler, s->child);
    sampler_exited(s->sampler, s->child, spawn_exit_status(status));
    s->child_status = status;
    s->child = 0;
    s->end = SESSION_EXITED;
    s->end_ns = clock_ns();
}

/* From the terminal, the program has got the signal as well and may end in its own way: go on
 * until it has, or until we are asked again. Anybody else means us. */
static void ask_to_stop(struct session *s, struct signal_event event, bool *asked)
{
    if (event.from_terminal && s->child && !*asked && event.number != SIGHUP && !s->audience) {
        *asked = true;
        return;
    }
    s->end = SESSION_SIGNALLED;
    s->end_signal = event.number;
    s->end_ns = clock_ns();
}

static void take_signals(struct session *s, bool *asked)
{
    struct signal_event event;
    while (!s->end_ns && signals_take(&event)) {
        if (event.number == SIGUSR1) {
            if (s->result)
                result_flush(s->result);
        } else if (event.number == SIGCHLD) {
            sampler_attend(s->sampler);
            if (s->result)
                result_attend(s->result);
            attend_child(s);
        } else {
            ask_to_stop(s, event, asked);
        }
    }
}

static void mind_input(struct session *s)
{
    if (s->audience && s->audience->input)
        s->audience->input(s->audience, s);
}

void session_quit(struct session *s)
{
    s->end = SESSION_QUIT;
    s->end_ns = clock_ns();
}

/* Looks for new processes, if it is time to or there is time for it. */
static void watch(struct session *s, uint64_t now_ns, bool idle)
{
    if (s->end_ns || (!idle && now_ns < s->watch_ns))
        return;
    s->watch_ns = now_ns + WATCH_WAIT_NS;
    sampler_watch(s->sampler);
}

/* Waits for the next look, minding signals and new processes. Returns the time. A sleep that no signal ends takes us a
 * microsecond less: where looks are frequent most are such, unless a program's signals pass through us. */
static uint64_t wait_until(struct session *s, uint64_t now_ns, uint64_t until_ns, bool *asked)
{
    int input_fd = s->audience ? s->audience->input_fd : -1;
    while (now_ns < until_ns && !s->end_ns) {
        if (until_ns < s->watch_ns && input_fd < 0 && !sampler_holds(s->sampler)) {
            clock_sleep(until_ns);
            return clock_ns();
        }
        uint64_t left_ns = until_ns - now_ns;
        enum signals_came came =
            signals_wait(input_fd, left_ns < WATCH_WAIT_NS ? left_ns : WATCH_WAIT_NS);
        if (came & SIGNALS_INPUT)
            mind_input(s);
        if (came & SIGNALS_SOME)
            take_signals(s, asked);
        now_ns = clock_ns();
        watch(s, now_ns, now_ns < until_ns);
    }
    return now_ns;
}

void session_run(struct session *s)
{
    const struct record_options *options = s->options;
    uint64_t stop_ns =
        options->duration_ns == OPTION_UNLIMITED ? UINT64_MAX : s->start_ns + options->duration_ns;
    uint64_t flush_ns = options->flush_ns ? s->start_ns + options->flush_ns : UINT64_MAX;
    uint64_t signals_ns = 0;
    bool asked = false;
    struct pacer pacer;
    struct progress progress;
    pacer_init(&pacer, options->rate_hz, s->start_ns, s->start_ns);
    progress_init(&progress, s->start_ns, options->hide_progress || s->audience);
    while (!s->end_ns) {
        uint64_t now_ns = clock_ns(), due_ns = pacer_next(&pacer, now_ns);
        if (due_ns > stop_ns)
            due_ns = stop_ns;
        if (due_ns > now_ns + SLEEP_MIN_NS) {
            now_ns = wait_until(s, now_ns, due_ns, &asked);
        } else if (now_ns >= signals_ns) {
            signals_ns = now_ns + SIGNALS_WAIT_NS;
            mind_input(s);
            take_signals(s, &asked);
            watch(s, now_ns, false);
        }
        if (s->end_ns)
            break;
        if (now_ns >= stop_ns) {
            s->end = SESSION_DURATION;
            s->end_ns = now_ns;
            break;
        }
        sampler_tick(s->sampler);
        if (!s->child && sampler_idle(s->sampler)) {
            s->end = SESSION_EXITED;
            s->end_ns = clock_ns();
        }
        if (s->audience && !s->end_ns)
            s->audience->looked(s->audience, s, now_ns);
        if (now_ns >= flush_ns) {
            result_flush(s->result);
            flush_ns = now_ns + options->flush_ns;
        }
        progress_show(&progress, s->sampler, now_ns);
    }
    progress_clear(&progress);
    s->stats = sampler_stats(s->sampler);
    sampler_free(s->sampler); /* lets go of every thread, before anybody waits for anything */
    s->sampler = NULL;
}

/* SIGTERM (or the signal that ended us), five seconds, SIGKILL. */
static void end_child(struct session *s)
{
    uint64_t until_ns = clock_ns() + KILL_WAIT_S * (uint64_t)NS_PER_S;
    kill(s->child, s->end_signal ? s->end_signal : SIGTERM);
    kill(s->child, SIGCONT);
    while (waitpid(s->child, &s->child_status, WNOHANG) == 0) {
        struct signal_event event;
        if (clock_ns() >= until_ns)
            kill(s->child, SIGKILL);
        uint64_t now_ns = clock_ns();
        signals_wait(-1, until_ns > now_ns ? until_ns - now_ns : NS_PER_S);
        while (signals_take(&event))
            ;
    }
    s->child = 0;
}

int session_finish(struct session *s)
{
    bool ended_by_us = s->child && (s->end == SESSION_DURATION || s->end == SESSION_QUIT);
    bool left_alone = s->child && s->options->keep_running;
    bool launched = s->options->pids.len == 0;
    if (s->child && !left_alone)
        end_child(s);
    return launched && !left_alone && !ended_by_us ? spawn_exit_status(s->child_status) : STATUS_OK;
}

int session_saw_nothing(const struct session *s, int status, struct err *err)
{
    err_set(err, STATUS_NOT_PYTHON, "no Python was seen running%s",
            s->end == SESSION_EXITED ? " before the program ended" : "");
    err_hint(err, "if Python is started for it by another program, record that process by its pid");
    return status ? (message_error(err), status) : -1;
}
