#include "cli/signals.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <time.h>

#include "base/clock.h"

/* As signals are: the process's. */
static struct {
    sigset_t ours;
    int fd;                   /* readable when one has come */
    struct signal_event next; /* has been waited for, and not yet taken */
} signals;

int signals_open(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGCHLD};
    sigemptyset(&signals.ours);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        struct sigaction action;
        /* What we were told to ignore (nohup) stays ignored. */
        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler == SIG_IGN &&
            numbers[i] != SIGCHLD)
            continue;
        sigaddset(&signals.ours, numbers[i]);
    }
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &signals.ours, NULL))
        return -1;
    signals.fd = signalfd(-1, &signals.ours, SFD_NONBLOCK | SFD_CLOEXEC);
    return signals.fd < 0 ? -1 : 0;
}

static struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

/* False: none came within that time. */
static bool wait_for_one(uint64_t for_ns, struct signal_event *ret_event)
{
    const struct timespec timeout = timespec_of(for_ns);
    siginfo_t info;
    int number = sigtimedwait(&signals.ours, &info, &timeout);
    if (number <= 0)
        return false;
    *ret_event =
        (struct signal_event){.number = number, .from_terminal = info.si_code == SI_KERNEL};
    return true;
}

bool signals_take(struct signal_event *ret_event)
{
    *ret_event = signals.next;
    signals.next.number = 0;
    return ret_event->number || wait_for_one(0, ret_event);
}

enum signals_came signals_wait(int input_fd, uint64_t for_ns)
{
    if (input_fd < 0) /* a microsecond less than poll */
        return wait_for_one(for_ns, &signals.next) ? SIGNALS_SOME : SIGNALS_NONE;
    const struct timespec timeout = timespec_of(for_ns);
    struct pollfd fds[] = {{.fd = signals.fd, .events = POLLIN},
                           {.fd = input_fd, .events = POLLIN}};
    if (ppoll(fds, 2, &timeout, NULL) < 0)
        return SIGNALS_SOME | SIGNALS_INPUT;
    return (fds[0].revents ? SIGNALS_SOME : 0) | (fds[1].revents ? SIGNALS_INPUT : 0);
}
