#include "agent/exceptions.h"

#include <stddef.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/extra.h"
#include "agent/mark.h"
#include "agent/pyapi.h"
#include "agent/trigger.h"
#include "agent/value.h"

enum {
    ARGS = 8,
    TB_NEXT = 0
}; /* PyBaseExceptionObject.args, PyTracebackObject.tb_next, behind the head */

/* Its type, and what it was made of; nothing of the program is run for it. Before 3.12 `exception` may not be one yet, but
 * what it is going to be made of. */
static void tell(void *type, void *exception)
{
    const char *name = pyapi_type_name(type);
    if (trigger_is_exception(name))
        trigger_fire("exception");
    if (!agent_config()->exceptions)
        return;
    struct value_text text = {0};
    bool made = exception && py.PyType_IsSubtype(pyapi_type(exception), type);
    void *args = made ? *(void *const *)(pyapi_body(exception) + ARGS) : exception;
    if (args)
        value_put(&text, args);
    mark_instant((struct text){name, (uint32_t)strnlen(name, 200)}, INSTANT_THREAD,
                 (struct text){text.data, (uint32_t)text.len});
}

/* A traceback of one entry is of where it was raised. */
static bool is_new(const void *trace)
{
    return trace && !*(void *const *)(pyapi_body(trace) + TB_NEXT);
}

void exceptions_raised(struct lane *l, void *exception)
{
    void *trace = py.PyException_GetTraceback(exception);
    if (is_new(trace)) {
        l->state |= LANE_BUSY;
        tell(pyapi_type(exception), exception);
        l->state &= ~(uint32_t)LANE_BUSY;
    }
    if (trace)
        py.Py_DecRef(trace);
}

static bool begin(void)
{
    return (agent_config()->exceptions || trigger_has_exceptions()) && py.minor < 12;
}

/* The error is set aside while extras run (extra.c). */
static void before_leave(struct lane *l, const struct call *call)
{
    (void)l;
    if (!call->result && call->exception_type && is_new(call->trace))
        tell(call->exception_type, call->exception);
}

const struct extra extra_exceptions = {.begin = begin, .before_leave = before_leave};
