#include "agent/repr.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "agent/interpreter.h"
#include "agent/lane.h"
#include "agent/pyapi.h"

enum {
    PATIENCE_NS = 50000000,
    SLOW_TYPES_MAX = 64, /* then no other is tried any more */
    GIVEN_UP_MAX = 8,    /* threads that still run at the same time */
    CHARACTERS_MAX = 200,
    STACK_BYTES = 8 << 20,
};

struct work {
    void *object;
    pthread_t thread;
    struct lane lane; /* the thread's, in which nothing is recorded */
    bool done, given_up;
    size_t len;
    char text[REPR_BYTES_MAX];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t finished; /* by CLOCK_MONOTONIC */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void *slow_types[SLOW_TYPES_MAX];
static size_t slow_types_len;
static unsigned given_up;

static void make_condition(void)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&finished, &attributes);
    pthread_condattr_destroy(&attributes);
}

void repr_forget(void)
{
    pthread_mutex_init(&lock, NULL);
    make_condition();
    given_up = 0;
}

static bool is_slow(const void *type)
{
    for (size_t i = 0; i < slow_types_len; i++)
        if (slow_types[i] == type)
            return true;
    return slow_types_len == SLOW_TYPES_MAX || given_up >= GIVEN_UP_MAX;
}

static void keep_text(struct work *w, void *text)
{
    void *part = py.PyUnicode_Substring(text, 0, CHARACTERS_MAX);
    void *bytes = part ? py.PyUnicode_AsEncodedString(part, "utf-8", "backslashreplace") : NULL;
    char *data;
    ssize_t len;
    if (bytes && py.PyBytes_AsStringAndSize(bytes, &data, &len) == 0 && len <= REPR_BYTES_MAX) {
        memcpy(w->text, data, (size_t)len);
        w->len = (size_t)len;
    }
    if (bytes)
        py.Py_DecRef(bytes);
    if (part)
        py.Py_DecRef(part);
}

static void *run(void *argument)
{
    struct work *w = argument;
    lane_self = &w->lane;
    int gil = py.PyGILState_Ensure();
    void *text = py.PyObject_Repr(w->object);
    if (text) {
        keep_text(w, text);
        py.Py_DecRef(text);
    }
    py.PyErr_Clear();
    py.Py_DecRef(w->object);
    py.PyGILState_Release(gil);
    lane_self = NULL;
    pthread_mutex_lock(&lock);
    bool ours = w->given_up; /* nobody waits for it any more */
    given_up -= ours;
    w->done = true;
    pthread_cond_broadcast(&finished);
    pthread_mutex_unlock(&lock);
    if (ours)
        munmap(w, sizeof(*w));
    return NULL;
}

/* With all signals blocked: they are for the program's own threads. */
static int start(struct work *w)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attributes; /* musl would give it 128 KiB, which a recursion soon uses up */
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    int error = pthread_create(&w->thread, &attributes, run, w);
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

/* Without the GIL. False: it took too long, and will free itself. */
static bool wait_for(struct work *w)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PATIENCE_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&lock);
    int error = 0;
    while (!w->done && !error)
        error = pthread_cond_timedwait(&finished, &lock, &until);
    bool done = w->done;
    pthread_t thread = w->thread;
    w->given_up = !done;
    given_up += !done;
    pthread_mutex_unlock(&lock);
    if (done)
        pthread_join(thread, NULL); /* so that a program of one thread is one when it forks */
    else
        pthread_detach(thread);
    return done;
}

size_t repr_of(void *object, char text[REPR_BYTES_MAX])
{
    void *type = pyapi_type(object);
    if (is_slow(type) || !interpreter_is_first()) /* the thread would run in the first */
        return 0;
    pthread_once(&once, make_condition);
    struct work *w =
        mmap(NULL, sizeof(*w), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (w == MAP_FAILED)
        return 0;
    *w = (struct work){.object = object, .lane.state = LANE_BUSY};
    py.Py_IncRef(object);
    if (start(w)) {
        py.Py_DecRef(object);
        munmap(w, sizeof(*w));
        return 0;
    }
    void *thread = py.PyEval_SaveThread();
    bool done = wait_for(w);
    py.PyEval_RestoreThread(thread);
    if (!done) {
        py.Py_IncRef(type); /* so that no other type comes to lie there */
        if (slow_types_len < SLOW_TYPES_MAX)
            slow_types[slow_types_len++] = type;
        return 0;
    }
    size_t len = w->len;
    memcpy(text, w->text, len);
    munmap(w, sizeof(*w));
    return len;
}
