#include "agent/interpreter.h"

#include <pthread.h>
#include <stdlib.h>

#include "agent/pyapi.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct interpreter *all;
static bool any; /* was met so far */

static struct interpreter *find(const void *self)
{
    struct interpreter *i = all;
    while (i && i->self != self)
        i = i->next;
    return i;
}

static void *self_here(void)
{
    return py.current_thread() ? py.interp_get() : NULL;
}

struct interpreter *interpreter_here(void)
{
    void *self = self_here();
    pthread_mutex_lock(&lock);
    struct interpreter *found = self ? find(self) : NULL;
    pthread_mutex_unlock(&lock);
    return found;
}

struct interpreter *interpreter_meet(void)
{
    void *self = self_here();
    if (!self)
        return NULL;
    pthread_mutex_lock(&lock);
    struct interpreter *i = find(self);
    if (!i && (i = malloc(sizeof(*i)))) {
        *i = (struct interpreter){
            .self = self, .extra_index = -1, .tool = -1, .first = !any, .next = all};
        all = i;
        any = true;
    }
    pthread_mutex_unlock(&lock);
    return i;
}

void interpreter_end(void)
{
    void *self = self_here();
    pthread_mutex_lock(&lock);
    struct interpreter **at = &all;
    while (*at && (*at)->self != self)
        at = &(*at)->next;
    struct interpreter *ended = *at;
    if (ended)
        *at = ended->next;
    pthread_mutex_unlock(&lock);
    if (ended && ended->callback_type) /* or all of its memory would stay */
        py.Py_DecRef(ended->callback_type);
    free(ended);
}

bool interpreter_is_first(void)
{
    struct interpreter *here = interpreter_here();
    return here && here->first;
}

bool interpreter_is_only(void)
{
    pthread_mutex_lock(&lock);
    bool only = !all || !all->next;
    pthread_mutex_unlock(&lock);
    return only;
}

bool interpreter_is_alone(void)
{
    return !py.PyInterpreterState_Next(py.PyInterpreterState_Head());
}

/* An attach is not told when one ends. */
static bool is_there(const void *self)
{
    void *interp = py.PyInterpreterState_Head();
    while (interp && interp != self)
        interp = py.PyInterpreterState_Next(interp);
    return interp;
}

void interpreter_for_each(void (*function)(struct interpreter *interpreter))
{
    for (struct interpreter *i = all; i; i = i->next)
        if (is_there(i->self))
            function(i);
}

/* While we have the GIL for it, no other thread sees that its state is lent to us. */
static void tell_threads(void *interp, int (*function)(void *unused))
{
    void *tstate = py.PyInterpreterState_ThreadHead(interp);
    for (; tstate; tstate = py.PyThreadState_Next(tstate)) {
        void *own = py.PyThreadState_Swap(tstate);
        function(NULL);
        py.PyThreadState_Swap(own);
    }
}

void interpreter_tell_others(int (*function)(void *unused))
{
    const void *own = self_here();
    void *interp = py.PyInterpreterState_Head();
    for (; interp; interp = py.PyInterpreterState_Next(interp)) {
        if (interp == own)
            continue;
        if (py.minor < 12)
            tell_threads(interp, function);
        else if (py.add_pending_call)
            py.add_pending_call(interp, function, NULL, 0);
    }
}

void interpreter_fork(void)
{
    pthread_mutex_init(&lock, NULL);
}
