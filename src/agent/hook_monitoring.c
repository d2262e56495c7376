/* Calls by sys.monitoring (PEP 669), 3.12 and later: the interpreter calls a builtin of ours at each event. What is
 * not wanted is switched off where it happens, and costs nothing from then on. */
#include "agent/hook.h"

#include <stddef.h>

#include "agent/agent.h"
#include "agent/code.h"
#include "agent/lane.h"
#include "agent/pyapi.h"
#include "model/event.h"

enum { METH_FASTCALL = 0x80, TOOL_FIRST = 3, TOOL_SECOND = 4 };

/* Include/methodobject.h */
struct method {
    const char *name;
    void *(*call)(void *self, void *const *args, ssize_t count);
    int flags;
    const char *doc;
};

static void *disable; /* sys.monitoring.DISABLE; immortal, as None is from 3.12 on */
static long tool = -1;

static inline void *begin(void *code, uint8_t kind)
{
    struct lane *l = lane_get();
    if (!l || l->busy)
        return py.none;
    uint32_t entry = code_entry(code);
    if ((entry & CODE_ID) == CODE_UNWANTED)
        return disable;
    lane_enter(l, kind, code, entry & CODE_ID, false);
    return py.none;
}

static inline void *end(void *code, uint8_t kind)
{
    struct lane *l = lane_get();
    if (l && !l->busy)
        lane_leave(l, kind, code);
    return py.none;
}

/* Only of a wanted function; of any other it need not be told again. */
static inline void *end_or_disable(void *code, uint8_t kind)
{
    struct lane *l = lane_get();
    if (!l || l->busy)
        return py.none;
    if (__builtin_expect(!l->depth || l->open[l->depth - 1].code != code, 0) &&
        (code_entry(code) & CODE_ID) == CODE_UNWANTED)
        return disable;
    lane_leave(l, kind, code);
    return py.none;
}

#define CALLBACK(name, body)                                                                       \
    static void *name(void *self, void *const *args, ssize_t count)                                \
    {                                                                                              \
        (void)self;                                                                                \
        (void)args;                                                                                \
        (void)count;                                                                               \
        body;                                                                                      \
    }

CALLBACK(on_start, return begin(args[0], EVENT_ENTER))
CALLBACK(on_resume, return begin(args[0], EVENT_RESUME))
CALLBACK(on_return, return end_or_disable(args[0], EVENT_LEAVE))
CALLBACK(on_yield, return end_or_disable(args[0], EVENT_YIELD))
CALLBACK(on_unwind, return end(args[0], EVENT_UNWIND))

/* A generator into which something is thrown; this cannot be switched off. */
CALLBACK(on_throw, {
    void *result = begin(args[0], EVENT_RESUME);
    return result == disable ? py.none : result;
})

/* Calls of Python functions have events of their own. */
CALLBACK(on_call, {
    uint64_t key = code_callable_key(args[2]);
    struct lane *l = key ? lane_get() : NULL;
    if (!l || l->busy)
        return py.none;
    if ((code_entry(args[0]) & CODE_ID) == CODE_UNWANTED)
        return disable;
    lane_enter(l, EVENT_ENTER, args[2], code_entry_of_callable(args[2], key), true);
    return py.none;
})

static inline void *end_native(uint8_t kind)
{
    struct lane *l = lane_get();
    if (l && !l->busy)
        lane_leave_native(l, kind);
    return py.none;
}

CALLBACK(on_c_return, return end_native(EVENT_LEAVE))
CALLBACK(on_c_raise, return end_native(EVENT_UNWIND))

/* Events by their names in sys.monitoring.events: their numbers differ between versions. */
static struct row {
    const char *event;
    bool native; /* only where functions of C are wanted */
    bool set;    /* part of set_events; C_RETURN and C_RAISE come with CALL */
    struct method method;
} rows[] = {
    {"PY_START", false, true, {"start", on_start, METH_FASTCALL, NULL}},
    {"PY_RESUME", false, true, {"resume", on_resume, METH_FASTCALL, NULL}},
    {"PY_THROW", false, true, {"throw", on_throw, METH_FASTCALL, NULL}},
    {"PY_RETURN", false, true, {"return", on_return, METH_FASTCALL, NULL}},
    {"PY_YIELD", false, true, {"yield", on_yield, METH_FASTCALL, NULL}},
    {"PY_UNWIND", false, true, {"unwind", on_unwind, METH_FASTCALL, NULL}},
    {"CALL", true, true, {"call", on_call, METH_FASTCALL, NULL}},
    {"C_RETURN", true, false, {"c_return", on_c_return, METH_FASTCALL, NULL}},
    {"C_RAISE", true, false, {"c_raise", on_c_raise, METH_FASTCALL, NULL}},
};

enum { ROWS = sizeof(rows) / sizeof(*rows) };

/* 0 if the call succeeded; its result is not needed. */
static int check(void *result)
{
    if (!result) {
        py.PyErr_Clear();
        return -1;
    }
    py.Py_DecRef(result);
    return 0;
}

static int take_tool(void *monitoring)
{
    static const long ids[] = {TOOL_FIRST, TOOL_SECOND};
    for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
        if (check(py.PyObject_CallMethod(monitoring, "use_tool_id", "ls", ids[i], "heatline")) ==
            0) {
            tool = ids[i];
            return 0;
        }
    }
    return -1;
}

static long event_number(void *events, const char *name)
{
    void *number = py.PyObject_GetAttrString(events, name);
    long value = number ? py.PyLong_AsLong(number) : 0;
    if (number)
        py.Py_DecRef(number);
    return value;
}

static int set_rows(void *monitoring, void *events)
{
    long set = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].native && !agent_config()->c_functions)
            continue;
        long event = event_number(events, rows[i].event);
        void *function = py.PyCFunction_NewEx(&rows[i].method, NULL, NULL);
        if (!event || !function ||
            check(py.PyObject_CallMethod(monitoring, "register_callback", "llO", tool, event,
                                         function)))
            return -1;
        py.Py_DecRef(function);
        if (rows[i].set)
            set |= event;
    }
    return check(py.PyObject_CallMethod(monitoring, "set_events", "ll", tool, set));
}

static void stop(void)
{
    void *monitoring = py.PySys_GetObject("monitoring"); /* borrowed */
    if (!monitoring || tool < 0)
        return;
    check(py.PyObject_CallMethod(monitoring, "set_events", "ll", tool, 0L));
    check(py.PyObject_CallMethod(monitoring, "free_tool_id", "l", tool));
    tool = -1;
}

static int start(void)
{
    void *monitoring = py.PySys_GetObject("monitoring"); /* borrowed */
    void *events = monitoring ? py.PyObject_GetAttrString(monitoring, "events") : NULL;
    disable = monitoring ? py.PyObject_GetAttrString(monitoring, "DISABLE") : NULL;
    int failed = !events || !disable || take_tool(monitoring) || set_rows(monitoring, events);
    py.PyErr_Clear();
    if (events)
        py.Py_DecRef(events);
    if (failed)
        stop();
    else /* what an earlier recording has switched off is wanted again */
        check(py.PyObject_CallMethod(monitoring, "restart_events", NULL));
    return failed ? -1 : 0;
}

const struct hook hook_monitoring = {12, INT32_MAX, start, stop};
