#include "agent/extra.h"

#include <stddef.h>

#include "agent/pyapi.h"

static const struct extra *const extras[] = {&extra_arguments, &extra_collections, &extra_prints,
                                             &extra_audit,     &extra_exceptions,  &extra_tasks};

enum { EXTRAS = sizeof(extras) / sizeof(*extras) };

static bool wanted[EXTRAS], active;

static extra_function *function_of(const struct extra *extra, enum extra_moment moment)
{
    switch (moment) {
    case BEFORE_ENTER:
        return extra->before_enter;
    case AFTER_ENTER:
        return extra->after_enter;
    case BEFORE_LEAVE:
        return extra->before_leave;
    case AFTER_LEAVE:
        return extra->after_leave;
    }
    return NULL;
}

void extras_begin(void)
{
    active = false;
    for (size_t i = 0; i < EXTRAS; i++) {
        wanted[i] = !extras[i]->begin || extras[i]->begin();
        for (int moment = BEFORE_ENTER; moment <= AFTER_LEAVE; moment++)
            active |= wanted[i] && function_of(extras[i], moment);
    }
}

void extras_end(void)
{
    for (size_t i = 0; i < EXTRAS; i++)
        if (wanted[i] && extras[i]->end)
            extras[i]->end();
}

bool extras_are_active(void)
{
    return active;
}

void extras_run(enum extra_moment moment, struct lane *l, struct call *call)
{
    void *type, *value, *trace;
    py.PyErr_Fetch(&type, &value, &trace);
    call->exception_type = type;
    call->exception = value;
    call->trace = trace;
    l->state |= LANE_BUSY;
    for (size_t i = 0; i < EXTRAS; i++) {
        extra_function *function = wanted[i] ? function_of(extras[i], moment) : NULL;
        if (function)
            function(l, call);
    }
    l->state &= ~(uint32_t)LANE_BUSY;
    py.PyErr_Clear();
    py.PyErr_Restore(type, value, trace);
}
