/* Knows whom to ask (config tasks), and when: as a coroutine goes on and none is below it; or begins below one without
 * being awaited by it, as the first step of an eager task does. */
#include "agent/tasks.h"

#include <stddef.h>
#include <stdint.h>

#include "agent/agent.h"
#include "agent/builtin.h"
#include "agent/code.h"
#include "agent/dictionary.h"
#include "agent/extra.h"
#include "agent/interpreter.h"
#include "agent/pyapi.h"
#include "model/event.h"

/* Two places to ask, each once its module has been imported: whether anything runs, and which task that is. */
static struct library {
    const char *module, *running, *current;
    void *is_running, *current_task; /* NULL: not found yet */
} libraries[] = {
    {"asyncio.tasks", "_get_running_loop", "current_task", NULL, NULL},
    {"trio.lowlevel", NULL, "current_task", NULL, NULL},
};

enum { LIBRARIES = sizeof(libraries) / sizeof(*libraries) };

static void *call(void *function)
{
    void *result = function ? py.PyObject_CallFunctionObjArgs(function, NULL) : NULL;
    if (!result)
        py.PyErr_Clear();
    return result;
}

static bool find(struct library *library)
{
    if (library->current_task)
        return true;
    if (!pyapi_imported(library->module))
        return false;
    if (library->running)
        library->is_running = builtin_find("asyncio.events", library->running);
    library->current_task = builtin_find(library->module, library->current);
    return library->current_task;
}

/* A new reference, or NULL. */
static void *current_task(const struct library *library)
{
    void *running = call(library->is_running);
    bool none = library->is_running && (!running || running == py.none);
    if (running)
        py.Py_DecRef(running);
    void *task = none ? NULL : call(library->current_task);
    if (task == py.none) {
        py.Py_DecRef(task);
        return NULL;
    }
    return task;
}

/* Its name, a str; a new reference, or NULL. */
static void *name_of(void *task)
{
    void *get_name = py.PyObject_GetAttrString(task, "get_name");
    if (!get_name)
        py.PyErr_Clear();
    void *name = get_name ? call(get_name) : py.PyObject_GetAttrString(task, "name");
    if (get_name)
        py.Py_DecRef(get_name);
    if (!name)
        py.PyErr_Clear();
    return name;
}

void tasks_put(struct lane *l)
{
    struct event event = {.kind = EVENT_TASK,
                          .task = {stamp_now(&l->stamp), l->task, {l->task_name}}};
    lane_put(l, &event);
}

/* The task that the library says is running, if its next call is its outermost one. */
static struct lane_task running_task(const struct lane *l, struct library *library)
{
    struct lane_task found = {0};
    void *task = find(library) ? current_task(library) : NULL;
    if (!task)
        return found;
    void *object = name_of(task);
    ssize_t len = 0;
    const char *text = object ? py.PyUnicode_AsUTF8AndSize(object, &len) : NULL;
    struct text name = text ? (struct text){text, (uint32_t)len} : (struct text){"task", 4};
    found.task = dictionary_task((uintptr_t)task, name);
    found.name = dictionary_string(name).i;
    found.depth = l->depth + 1;
    if (object)
        py.Py_DecRef(object);
    py.Py_DecRef(task);
    py.PyErr_Clear();
    return found;
}

static void set(struct lane *l, struct lane_task task)
{
    l->task = task.task;
    l->task_name = task.name;
    l->task_depth = task.depth;
}

/* Is what comes next called by a coroutine or generator, as far as the lane knows? */
static bool is_awaited(const struct lane *l)
{
    const struct lane_call *outer = l->depth ? &l->open[l->depth - 1] : NULL;
    return outer && !(outer->flags & CALL_NATIVE) &&
           code_entry((void *)(uintptr_t)outer->code) & CODE_GENERATOR;
}

static void begin_within(struct lane *l)
{
    struct lane_task task = running_task(l, &libraries[0]);
    if (!task.task || task.task == l->task || l->outer_tasks_len == LANE_OUTER_TASKS_MAX)
        return;
    l->outer_tasks[l->outer_tasks_len++] = (struct lane_task){l->task, l->task_name, l->task_depth};
    set(l, task);
    tasks_put(l);
}

static void before_enter(struct lane *l, const struct call *c)
{
    if (!(c->entry & CODE_GENERATOR) || !interpreter_is_first())
        return;
    if (l->task_depth) {
        if (c->kind == EVENT_ENTER && !is_awaited(l))
            begin_within(l);
        return;
    }
    for (size_t i = 0; i < LIBRARIES && !l->task_depth; i++) {
        struct lane_task task = running_task(l, &libraries[i]);
        if (!task.task)
            continue;
        set(l, task);
        tasks_put(l);
    }
}

static void after_leave(struct lane *l, const struct call *c)
{
    (void)c;
    if (!l->task_depth || l->depth >= l->task_depth)
        return;
    while (l->task_depth && l->depth < l->task_depth)
        set(l, l->outer_tasks_len ? l->outer_tasks[--l->outer_tasks_len]
                                  : (struct lane_task){l->own_task, l->own_task_name, 0});
    tasks_put(l);
}

static bool begin(void)
{
    return agent_config()->tasks;
}

const struct extra extra_tasks = {
    .begin = begin, .before_enter = before_enter, .after_leave = after_leave};
