/* Knows ptrace's stops; not why somebody wants a thread to stand still. */
#include "subject/freeze.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"

enum { STOP_WAIT_NS = 200000, RELEASE_WAIT_NS = 1000000000, SPIN_NS = 30000, NAP_NS = 20000 };

void freeze_init(struct freeze *f, pid_t tid)
{
    *f = (struct freeze){.tid = tid, .wait_status = -1};
}

static enum rd failure(void)
{
    return errno == ESRCH ? RD_GONE : RD_DENIED;
}

static bool is_job_control(int signal)
{
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

static void resume(struct freeze *f, int signal)
{
    if (f->group_stop)
        ptrace(PTRACE_LISTEN, f->tid, 0, 0);
    else
        ptrace(PTRACE_CONT, f->tid, 0, (void *)(intptr_t)signal);
}

/* One stop of the thread. True: it is the one that PTRACE_INTERRUPT asked for (or a job-control stop,
 * which stands in for it). */
static bool understand(struct freeze *f, int status)
{
    if (!WIFSTOPPED(status)) {
        f->state = FREEZE_FREE;
        f->wait_status = status;
        return true;
    }
    int signal = WSTOPSIG(status);
    if (status >> 16 == PTRACE_EVENT_STOP) {
        f->group_stop = is_job_control(signal) ? signal : 0;
        return true;
    }
    f->group_stop = 0;
    resume(f, signal); /* its own signal: deliver it, our stop is still to come */
    return false;
}

static enum rd await_stop(struct freeze *f, uint64_t limit_ns)
{
    uint64_t start_ns = clock_ns();
    for (;;) {
        int status;
        pid_t got = waitpid(f->tid, &status, __WALL | WNOHANG);
        if (got < 0) {
            f->state = FREEZE_FREE;
            return RD_GONE;
        }
        if (got == f->tid && understand(f, status)) {
            if (f->state == FREEZE_FREE)
                return RD_GONE;
            f->state = FREEZE_STOPPED;
            return RD_OK;
        }
        uint64_t waited_ns = clock_ns() - start_ns;
        if (waited_ns > limit_ns)
            break;
        if (waited_ns > SPIN_NS) { /* it waits for a CPU, perhaps for ours */
            struct timespec nap = {.tv_nsec = NAP_NS};
            nanosleep(&nap, NULL);
        }
    }
    f->state = FREEZE_PENDING;
    return RD_TORN;
}

enum rd freeze_stop(struct freeze *f)
{
    if (f->state == FREEZE_FREE) {
        if (ptrace(PTRACE_SEIZE, f->tid, 0, 0))
            return failure();
        f->state = FREEZE_SEIZED;
        f->group_stop = 0;
    }
    if (f->state == FREEZE_SEIZED) {
        if (f->group_stop) {
            freeze_attend(f);
            if (f->state == FREEZE_FREE)
                return RD_GONE;
        }
        if (ptrace(PTRACE_INTERRUPT, f->tid, 0, 0)) {
            enum rd rd = failure();
            freeze_release(f);
            return rd;
        }
    }
    enum rd rd = await_stop(f, STOP_WAIT_NS);
    return rd == RD_TORN ? RD_OK : rd;
}

void freeze_thaw(struct freeze *f, bool keep)
{
    if (f->state != FREEZE_STOPPED)
        return;
    if (keep) {
        resume(f, 0);
        f->state = FREEZE_SEIZED;
    } else {
        ptrace(PTRACE_DETACH, f->tid, 0, 0);
        f->state = FREEZE_FREE;
    }
}

void freeze_attend(struct freeze *f)
{
    int status;
    while ((f->state == FREEZE_SEIZED || f->state == FREEZE_PENDING) &&
           waitpid(f->tid, &status, __WALL | WNOHANG) == f->tid) {
        if (understand(f, status) && f->state != FREEZE_FREE) {
            resume(f, 0);
            f->state = FREEZE_SEIZED;
        }
    }
}

void freeze_release(struct freeze *f)
{
    /* Detaching needs a stop, and a stop that comes when nobody waits for it any more would last: be
     * patient. A thread that will not stop even so is freed by the kernel when we end. */
    if (f->state == FREEZE_PENDING ||
        (f->state == FREEZE_SEIZED && ptrace(PTRACE_INTERRUPT, f->tid, 0, 0) == 0))
        await_stop(f, RELEASE_WAIT_NS);
    if (f->state == FREEZE_STOPPED)
        freeze_thaw(f, false);
}
