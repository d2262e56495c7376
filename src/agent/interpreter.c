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

void interpreter_for_each(void (*function)(struct interpreter *interpreter))
{
    for (struct interpreter *i = all; i; i = i->next)
        function(i);
}

void interpreter_fork(void)
{
    pthread_mutex_init(&lock, NULL);
}
