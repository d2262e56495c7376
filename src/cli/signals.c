#include "cli/signals.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"

int signals_open(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGCHLD};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        struct sigaction action;
        /* What we were told to ignore (nohup) stays ignored. */
        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler == SIG_IGN &&
            numbers[i] != SIGCHLD)
            continue;
        sigaddset(&set, numbers[i]);
    }
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL))
        return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

bool signals_take(int fd, struct signal_event *ret_event)
{
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof(info)) != sizeof(info))
        return false;
    *ret_event = (struct signal_event){.number = (int)info.ssi_signo,
                                       .from_terminal = info.ssi_code == SI_KERNEL};
    return true;
}

enum signals_came signals_wait(int fd, int input_fd, uint64_t until_ns)
{
    uint64_t now_ns = clock_ns();
    if (until_ns <= now_ns)
        return SIGNALS_NONE;
    uint64_t left_ns = until_ns - now_ns;
    struct timespec timeout = {.tv_sec = (time_t)(left_ns / NS_PER_S),
                               .tv_nsec = (long)(left_ns % NS_PER_S)};
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = input_fd, .events = POLLIN}};
    if (ppoll(fds, 2, &timeout, NULL) < 0)
        return SIGNALS_SOME | SIGNALS_INPUT;
    return (fds[0].revents ? SIGNALS_SOME : 0) | (fds[1].revents ? SIGNALS_INPUT : 0);
}
