#include "agent/greenlets.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/builtin.h"
#include "agent/code.h"
#include "agent/dictionary.h"
#include "agent/pyapi.h"
#include "agent/tasks.h"
#include "model/event.h"

enum { BUCKETS = 1024, NAME_BYTES = 128, CALLS_UNTIL_IMPORTED_MAX = 10000, TELLING_MAX = 4 };

/* What is known of one that is at rest. */
struct greenlet {
    struct greenlet *next; /* in its bucket */
    const void *object;    /* only its address: it is looked at only when it is switched to */
    uint32_t forks;        /* in which process its calls have their ids */
    uint32_t depth, earlier, nested, root;
    uint32_t own_task, own_task_name, task, task_name, task_depth;
    struct lane_call calls[]; /* depth of them */
};

struct greenlets {
    struct greenlet *buckets[BUCKETS];
    void *previous; /* the program's own trace function, which is called, too */
};

bool greenlets_expected;

static void *on_switch_object, *gettrace;
static void *is_dead,
    *parent; /* descriptors of greenlet.greenlet: a subclass may run code of its own */

static struct greenlet **place_of(struct greenlets *all, const void *object)
{
    struct greenlet **at = &all->buckets[table_place((uintptr_t)object) % BUCKETS];
    while (*at && (*at)->object != object)
        at = &(*at)->next;
    return at;
}

/* Is this attribute true, or for `parent`, there at all? */
static bool has(void *descriptor, void *object)
{
    void *value = descriptor ? py.PyObject_CallMethod(descriptor, "__get__", "O", object) : NULL;
    bool found = value && (descriptor == parent ? value != py.none : value == py.true_value);
    if (value)
        py.Py_DecRef(value);
    py.PyErr_Clear();
    return found;
}

/* Puts the running greenlet's calls to rest. It is kept while it may go on. */
static void suspend(struct lane *l, void *object)
{
    bool keep = l->depth || (l->own_task && !has(is_dead, object));
    struct greenlet *g = keep ? malloc(sizeof(*g) + l->depth * sizeof(*g->calls)) : NULL;
    if (g) {
        struct greenlet **at = place_of(l->greenlets, object);
        struct greenlet *stale = *at;
        *g = (struct greenlet){stale ? stale->next : NULL,
                               object,
                               lane_forks(),
                               l->depth,
                               l->earlier < l->depth ? l->earlier : l->depth,
                               l->nested,
                               l->root,
                               l->own_task,
                               l->own_task_name,
                               l->task,
                               l->task_name,
                               l->task_depth};
        memcpy(g->calls, l->open, l->depth * sizeof(*g->calls));
        *at = g;
        free(stale);
    }
    while (l->depth)
        lane_leave_innermost(l, EVENT_YIELD);
    l->earlier = l->root = 0;
}

/* One that runs for the first time, or from before. The main one is the thread itself. */
static void begin(struct lane *l, void *object)
{
    static uint32_t count;
    l->own_task = l->own_task_name = l->task_depth = l->outer_tasks_len = 0;
    if (agent_config()->tasks && has(parent, object)) {
        const char *type = "greenlet";
        ssize_t len;
        void *keeper = pyapi_text(pyapi_type(object), "__name__", &type, &len);
        char name[NAME_BYTES];
        int bytes = snprintf(name, sizeof(name), "%.100s-%u", type, ++count);
        l->own_task = dictionary_task(count, (struct text){"greenlet", 8});
        l->own_task_name = dictionary_string((struct text){name, (uint32_t)bytes}).i;
        if (keeper)
            py.Py_DecRef(keeper);
    }
    l->task = l->own_task;
    l->task_name = l->own_task_name;
}

static void resume_call(struct lane *l, const struct greenlet *g, uint32_t i)
{
    struct lane_call call = g->calls[i];
    if (!lane_make_room(l))
        return;
    if (l->rooted && (!g->root || i + 1 < g->root)) { /* outside of the root */
        l->open[l->depth++] = call;
        return;
    }
    if (g->forks != lane_forks())
        call.function = lane_function_after_fork(&call);
    if (i + 1 == g->root)
        lane_begin_root(l, call.code);
    lane_enter(l, EVENT_RESUME, call.code, call.function, call.flags & (CALL_NATIVE | CALL_ROOT));
    if (i < g->earlier)
        l->open[i].t_ns = call.t_ns;
}

static void resume(struct lane *l, struct greenlet *g)
{
    for (uint32_t i = 0; i < g->depth; i++)
        resume_call(l, g, i);
    l->earlier = g->earlier;
    l->nested = g->nested;
}

/* How many of the innermost open calls are those of a trace function of the program that hands on to ours: they are of
 * the target already. */
static uint32_t calls_that_tell(const struct lane *l)
{
    void *current = py.PyObject_CallFunctionObjArgs(gettrace, NULL);
    uint32_t at = l->depth;
    while (at && l->open[at - 1].flags & CALL_NATIVE)
        at--;
    void *frame = py.PyEval_GetFrame(); /* borrowed */
    void *code = frame && at && current != on_switch_object ? pyapi_frame_code(frame) : NULL;
    uint32_t count = code && l->open[at - 1].code == code ? l->depth - at + 1 : 0;
    if (code)
        py.Py_DecRef(code);
    if (current)
        py.Py_DecRef(current);
    py.PyErr_Clear();
    return count > TELLING_MAX ? 0 : count;
}

static void change(struct lane *l, void *origin, void *target)
{
    uint32_t task = l->task, nested = l->nested;
    suspend(l, origin);
    struct greenlet **at = place_of(l->greenlets, target), *g = *at;
    if (g) {
        *at = g->next;
    }
    if (g && g->forks == lane_forks()) {
        l->own_task = g->own_task;
        l->own_task_name = g->own_task_name;
        l->task = g->task;
        l->task_name = g->task_name;
        l->task_depth = g->task_depth;
        l->outer_tasks_len = 0;
    } else {
        begin(l, target);
    }
    if (l->task != task)
        tasks_put(l);
    l->nested = nested;
    if (g)
        resume(l, g);
    free(g);
}

/* The end of a trace function is taken to be here; that of the call by which it hands on is told in the target. */
static void change_below(struct lane *l, void *origin, void *target)
{
    struct lane_call telling[TELLING_MAX];
    uint32_t count = calls_that_tell(l);
    memcpy(telling, l->open + l->depth - count, count * sizeof(*telling));
    for (uint32_t i = 0; i < count; i++)
        lane_leave_innermost(l, EVENT_LEAVE);
    change(l, origin, target);
    for (uint32_t i = 1; i < count; i++)
        lane_enter(l, EVENT_RESUME, telling[i].code, telling[i].function, CALL_NATIVE);
}

/* ("switch" or "throw", (origin, target)), told in the target. */
static void *on_switch(void *self, void *args, void *keywords)
{
    (void)self;
    (void)keywords;
    struct lane *l = lane_self;
    if (!l && agent_state() == AGENT_ON) /* the first thing in a forked child */
        l = lane_get();
    if (!l || lane_is_forgotten(l) || !l->greenlets)
        return builtin_none();
    void *event = py.PySequence_GetItem(args, 0), *pair = py.PySequence_GetItem(args, 1);
    void *origin = pair ? py.PySequence_GetItem(pair, 0) : NULL;
    void *target = pair ? py.PySequence_GetItem(pair, 1) : NULL;
    uint32_t busy = l->state & LANE_BUSY;
    l->state |= LANE_BUSY;
    py.PyErr_Clear();
    if (origin && target && origin != target)
        change_below(l, origin, target);
    l->state = (l->state & ~(uint32_t)LANE_BUSY) | busy;
    void *previous = l->greenlets->previous;
    void *result = previous && event && pair
                       ? py.PyObject_CallFunctionObjArgs(previous, event, pair, NULL)
                       : builtin_none();
    void *const all[] = {event, pair, origin, target};
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        if (all[i])
            py.Py_DecRef(all[i]);
    return result;
}

/* The module that has settrace; borrowed. NULL: not yet. */
static void *find_module(void)
{
    static const char *const names[] = {"greenlet._greenlet", "greenlet"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        void *module = pyapi_imported(names[i]);
        void *found = module ? py.PyObject_GetAttrString(module, "settrace") : NULL;
        py.PyErr_Clear();
        if (!found)
            continue;
        py.Py_DecRef(found);
        return module;
    }
    return NULL;
}

static void find_descriptors(void *module)
{
    void *type = is_dead ? NULL : py.PyObject_GetAttrString(module, "greenlet");
    if (type) {
        is_dead = py.PyObject_GetAttrString(type, "dead");
        parent = py.PyObject_GetAttrString(type, "parent");
        gettrace = py.PyObject_GetAttrString(module, "gettrace");
        py.Py_DecRef(type);
    }
}

static void watch_by(struct lane *l, void *module)
{
    static const struct builtin builtin = {"heatline", on_switch, BUILTIN_FLAGS, NULL};
    find_descriptors(module);
    if (!on_switch_object)
        on_switch_object = builtin_new(&builtin);
    if (!l->greenlets)
        l->greenlets = calloc(1, sizeof(*l->greenlets));
    void *previous = on_switch_object && gettrace && l->greenlets
                         ? py.PyObject_CallMethod(module, "settrace", "O", on_switch_object)
                         : NULL;
    if (previous && previous != py.none && previous != on_switch_object)
        l->greenlets->previous = previous;
    else if (previous)
        py.Py_DecRef(previous);
}

void greenlets_watch(struct lane *l)
{
    if (l->state & LANE_BUSY)
        return;
    void *type, *value, *trace;
    py.PyErr_Fetch(&type, &value, &trace);
    l->state |= LANE_BUSY;
    void *module = find_module();
    if (module || l->calls_unwatched++ == CALLS_UNTIL_IMPORTED_MAX)
        l->calls_unwatched = UINT32_MAX;
    if (module)
        watch_by(l, module);
    l->state &= ~(uint32_t)LANE_BUSY;
    py.PyErr_Clear();
    py.PyErr_Restore(type, value, trace);
}

void greenlets_begin(void)
{
    greenlets_expected = find_module() != NULL;
}

void greenlets_importing(const char *module)
{
    if (greenlets_expected || strncmp(module, "greenlet", 8) != 0)
        return;
    greenlets_expected = true;
    lane_look_closer_all();
}

void greenlets_forget(struct lane *l)
{
    for (size_t i = 0; l->greenlets && i < BUCKETS; i++)
        while (l->greenlets->buckets[i]) {
            struct greenlet *g = l->greenlets->buckets[i];
            l->greenlets->buckets[i] = g->next;
            free(g);
        }
    l->calls_unwatched = l->own_task = l->own_task_name = l->task = l->task_depth = 0;
    l->outer_tasks_len = 0;
}
