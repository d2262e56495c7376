/* Calls by sys.monitoring (PEP 669), 3.12 and later: the interpreter calls a builtin of ours at each event. What is
 * not wanted is switched off where it happens, and costs nothing from then on. */
#include "agent/hook.h"

#include <stddef.h>

#include "agent/agent.h"
#include "agent/callback.h"
#include "agent/code.h"
#include "agent/exceptions.h"
#include "agent/extra.h"
#include "agent/interpreter.h"
#include "agent/lane.h"
#include "agent/pyapi.h"
#include "agent/trigger.h"
#include "model/event.h"

enum { TOOL_FIRST = 3, TOOL_SECOND = 4 };

static void *disable; /* sys.monitoring.DISABLE; immortal, as None is from 3.12 on */

/* With what else is wanted of each call. */
static __attribute__((noinline)) void enter_with_extras(struct lane *l, struct call *call)
{
    if (l->state & LANE_EXTRAS)
        extras_run(BEFORE_ENTER, l, call);
    lane_enter(l, call->kind, call->code, call->entry & CODE_ID, code_call_flags(call->entry));
    if (call->entry & CODE_TRIGGER && call->kind == EVENT_ENTER)
        trigger_fire("function");
    if (l->state & LANE_EXTRAS)
        extras_run(AFTER_ENTER, l, call);
}

static __attribute__((noinline)) void leave_with_extras(struct lane *l, struct call *call)
{
    call->entry = code_entry(call->code);
    if (code_is_unwanted(call->entry))
        return;
    extras_run(BEFORE_LEAVE, l, call);
    lane_leave(l, call->kind, call->code);
    extras_run(AFTER_LEAVE, l, call);
}

static inline void *begin(void *code, uint8_t kind)
{
    struct lane *l = lane_of(true);
    if (!l || l->state & (LANE_BUSY | LANE_DEAF))
        return l ? py.none : disable;
    uint32_t entry = code_entry(code);
    if (code_is_unwanted(entry))
        return disable;
    if (__builtin_expect(l->state || entry & CODE_TRIGGER, 0))
        enter_with_extras(l, &(struct call){.code = code, .entry = entry, .kind = kind});
    else
        lane_enter(l, kind, code, entry & CODE_ID, code_call_flags(entry));
    return py.none;
}

static inline void end(struct lane *l, void *code, uint8_t kind, void *result)
{
    if (__builtin_expect(l->state, 0))
        leave_with_extras(l, &(struct call){.code = code, .result = result, .kind = kind});
    else
        lane_leave(l, kind, code);
}

/* It cannot be switched off. */
static inline void *end_by_exception(void *code)
{
    struct lane *l = lane_get();
    if (l && !(l->state & (LANE_BUSY | LANE_DEAF)))
        end(l, code, EVENT_UNWIND, NULL);
    return py.none;
}

/* Only of a wanted function; of any other it need not be told again. */
static inline void *end_or_disable(void *code, uint8_t kind, void *result)
{
    struct lane *l = lane_get();
    if (!l || l->state & (LANE_BUSY | LANE_DEAF))
        return l ? py.none : disable;
    if (__builtin_expect(!l->depth || l->open[l->depth - 1].code != code, 0) &&
        code_is_unwanted(code_entry(code)))
        return disable;
    end(l, code, kind, result);
    return py.none;
}

#define CALLBACK(name, body)                                                                       \
    static void *name(void *self, void *const *args, size_t count, void *names)                    \
    {                                                                                              \
        (void)self;                                                                                \
        (void)args;                                                                                \
        (void)count;                                                                               \
        (void)names;                                                                               \
        body;                                                                                      \
    }

CALLBACK(on_start, return begin(args[0], EVENT_ENTER))
CALLBACK(on_resume, return begin(args[0], EVENT_RESUME))
CALLBACK(on_return, return end_or_disable(args[0], EVENT_LEAVE, args[2]))
CALLBACK(on_yield, return end_or_disable(args[0], EVENT_YIELD, args[2]))
CALLBACK(on_unwind, return end_by_exception(args[0]))

/* A generator into which something is thrown; this cannot be switched off. */
CALLBACK(on_throw, {
    void *result = begin(args[0], EVENT_RESUME);
    return result == disable ? py.none : result;
})

/* Calls of Python functions have events of their own. */
CALLBACK(on_call, {
    uint64_t key = code_callable_key(args[2]);
    struct lane *l = key ? lane_get() : NULL;
    if (!l || l->state & (LANE_BUSY | LANE_DEAF))
        return py.none;
    if (code_is_unwanted(code_entry(args[0])))
        return disable;
    lane_enter(l, EVENT_ENTER, args[2], code_entry_of_callable(args[2], key), CALL_NATIVE);
    return py.none;
})

static inline void *end_native(uint8_t kind)
{
    struct lane *l = lane_get();
    if (l && !(l->state & (LANE_BUSY | LANE_DEAF)))
        lane_leave_native(l, kind);
    return py.none;
}

CALLBACK(on_c_return, return end_native(EVENT_LEAVE))
CALLBACK(on_c_raise, return end_native(EVENT_UNWIND))

CALLBACK(on_raise, {
    struct lane *l = lane_get();
    if (l && !(l->state & (LANE_BUSY | LANE_DEAF)) && !code_is_unwanted(code_entry(args[0])))
        exceptions_raised(l, args[2]);
    return py.none;
})

/* Events by their names in sys.monitoring.events: their numbers differ between versions. */
static struct row {
    const char *event;
    int calls; /* MONITOR_ */
    bool set;  /* part of set_events; C_RETURN and C_RAISE come with CALL */
    callback_function *function;
    long number; /* of the event */
} rows[] = {
    {"PY_START", MONITOR_PYTHON, true, on_start, 0},
    {"PY_RESUME", MONITOR_PYTHON, true, on_resume, 0},
    {"PY_THROW", MONITOR_PYTHON, true, on_throw, 0},
    {"PY_RETURN", MONITOR_PYTHON, true, on_return, 0},
    {"PY_YIELD", MONITOR_PYTHON, true, on_yield, 0},
    {"PY_UNWIND", MONITOR_PYTHON, true, on_unwind, 0},
    {"CALL", MONITOR_NATIVE, true, on_call, 0},
    {"C_RETURN", MONITOR_NATIVE, false, on_c_return, 0},
    {"C_RAISE", MONITOR_NATIVE, false, on_c_raise, 0},
    {"RAISE", MONITOR_RAISE, true, on_raise, 0},
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

static int take_tool(void *monitoring, long *ret_tool)
{
    static const long ids[] = {TOOL_FIRST, TOOL_SECOND};
    for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
        if (check(py.PyObject_CallMethod(monitoring, "use_tool_id", "ls", ids[i], "heatline")) ==
            0) {
            *ret_tool = ids[i];
            return 0;
        }
    }
    return -1;
}

/* Gives the interpreter a callback for each event, once. */
static int register_rows(void *monitoring, void *events, long tool)
{
    for (size_t i = 0; i < ROWS; i++) {
        rows[i].number = pyapi_number(events, rows[i].event);
        void *callback = callback_new(rows[i].function);
        if (!rows[i].number || !callback ||
            check(py.PyObject_CallMethod(monitoring, "register_callback", "llO", tool,
                                         rows[i].number, callback)))
            return -1;
        py.Py_DecRef(callback);
    }
    return 0;
}

static void give_back(void *monitoring, long *tool)
{
    if (*tool >= 0)
        check(py.PyObject_CallMethod(monitoring, "free_tool_id", "l", *tool));
    *tool = -1;
}

static int take(void *monitoring, long *tool)
{
    if (*tool >= 0)
        return 0;
    void *events = py.PyObject_GetAttrString(monitoring, "events");
    disable = py.PyObject_GetAttrString(monitoring, "DISABLE");
    int failed = !events || !disable || take_tool(monitoring, tool) ||
                 register_rows(monitoring, events, *tool);
    if (events)
        py.Py_DecRef(events);
    if (failed)
        give_back(monitoring, tool);
    return failed ? -1 : 0;
}

int hook_monitored_besides(void)
{
    const struct config *config = agent_config();
    return (config->c_functions ? MONITOR_NATIVE : 0) |
           (config->exceptions || trigger_has_exceptions() ? MONITOR_RAISE : 0);
}

int hook_monitor(int calls)
{
    void *type, *value, *trace;
    py.PyErr_Fetch(&type, &value, &trace);
    void *monitoring = py.PySys_GetObject("monitoring"); /* borrowed */
    struct interpreter *here = interpreter_here();
    int failed = !monitoring || !here || take(monitoring, &here->tool);
    long set = 0;
    for (size_t i = 0; i < ROWS; i++)
        set |= rows[i].set && (rows[i].calls & calls) ? rows[i].number : 0;
    if (!failed)
        failed = check(py.PyObject_CallMethod(monitoring, "set_events", "ll", here->tool, set));
    if (!failed && calls) /* what an earlier recording has switched off is wanted again */
        check(py.PyObject_CallMethod(monitoring, "restart_events", NULL));
    else if (monitoring && here)
        give_back(monitoring, &here->tool);
    py.PyErr_Clear();
    py.PyErr_Restore(type, value, trace);
    return failed ? -1 : 0;
}

static bool fits(void)
{
    return py.minor >= 12;
}

static int start(void)
{
    lane_set_all(0);
    return hook_monitor(MONITOR_PYTHON | hook_monitored_besides());
}

static void stop(void)
{
    if (!interpreter_is_only()) /* the others go on telling */
        lane_set_all(LANE_DEAF);
    hook_monitor(0);
}

static void meet(void)
{
    hook_monitor(MONITOR_PYTHON | hook_monitored_besides());
}

const struct hook hook_monitoring = {fits, start, stop, meet, NULL};
