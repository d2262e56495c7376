/* Knows the words for what runtime_find said. What the kernel forbids is subject/diagnose.h's. */
#include "cpython/verdict.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "subject/diagnose.h"

enum { TRIES = 250, CHANGE_TRIES = 50, WAIT_NS = 2 * NS_PER_MS };

static int verdict_unsupported(pid_t pid, const char *more, struct err *err)
{
    err_set(err, STATUS_NOT_PYTHON, "process %d runs a Python that Heatline cannot read%s", pid,
            more);
    return err_hint(
        err, "CPython 3.8 and newer are supported; other builds and implementations are not");
}

/* Python 3.6 and older, and PyPy, have nothing by which runtime_find knows a Python. */
static bool is_called_python(pid_t pid)
{
    char link[64], path[4096];
    snprintf(link, sizeof(link), "/proc/%d/exe", pid);
    ssize_t len = readlink(link, path, sizeof(path) - 1);
    path[len > 0 ? len : 0] = '\0';
    const char *slash = strrchr(path, '/');
    return slash && (strncmp(slash, "/python", 7) == 0 || strncmp(slash, "/pypy", 5) == 0);
}

static int tries_of(pid_t pid, enum runtime_state state)
{
    switch (state) {
    case RUNTIME_EARLY:
        return TRIES;
    case RUNTIME_UNSUPPORTED:
        return CHANGE_TRIES;
    case RUNTIME_NONE: /* what it needs may not be mapped yet */
        return is_called_python(pid) ? CHANGE_TRIES : 0;
    default:
        return 0;
    }
}

bool verdict_wait(pid_t pid, enum runtime_state state, int tries)
{
    const struct timespec pause = {.tv_nsec = WAIT_NS};
    if (tries >= tries_of(pid, state))
        return false;
    nanosleep(&pause, NULL);
    return true;
}

int verdict_tell(pid_t pid, enum runtime_state state, const struct layout *layout, struct err *err)
{
    if (diagnose(pid, err))
        return -1;
    switch (state) {
    case RUNTIME_GONE:
        return err_set(err, STATUS_GONE, "process %d has ended", pid);
    case RUNTIME_DENIED:
        return err_set(err, STATUS_PERMISSION, "not permitted to read the memory of process %d",
                       pid);
    case RUNTIME_UNSUPPORTED:
        return verdict_unsupported(pid, layout->version ? "" : " (unknown version)", err);
    case RUNTIME_EARLY:
        err_set(err, STATUS_NOT_PYTHON, "the Python in process %d is not running", pid);
        return err_hint(err, "it may be starting or shutting down; try again");
    default:
        if (is_called_python(pid))
            return verdict_unsupported(pid, "", err);
        err_set(err, STATUS_NOT_PYTHON, "process %d is not a Python process", pid);
        return err_hint(err, "if it starts Python itself, give the pid of that child; "
                             "`ps --forest` shows it");
    }
}

int verdict_find(struct runtime_finder *finder, pid_t pid, struct mem *mem,
                 struct runtime *ret_runtime, struct err *err)
{
    enum runtime_state state;
    struct runtime runtime = {0};
    int tries = 0;
    do
        state = runtime_find(finder, pid, mem, &runtime);
    while (verdict_wait(pid, state, ++tries));
    if (state != RUNTIME_READY)
        return verdict_tell(pid, state, &runtime.layout, err);
    *ret_runtime = runtime;
    return 0;
}
