/* What print() is given (config prints). It stands in front of builtins.print, and calls it. */
#include <stddef.h>

#include "agent/agent.h"
#include "agent/builtin.h"
#include "agent/extra.h"
#include "agent/mark.h"
#include "agent/pyapi.h"
#include "agent/value.h"

static void *original, *ours;

/* One text by itself, several as an array. */
static void tell(struct lane *l, void *args)
{
    struct value_text text = {0};
    l->state |= LANE_BUSY;
    void *only = py.PySequence_Size(args) == 1 ? py.PySequence_GetItem(args, 0) : NULL;
    value_put(&text, only ? only : args);
    if (only)
        py.Py_DecRef(only);
    l->state &= ~(uint32_t)LANE_BUSY;
    mark_instant((struct text){"print", 5}, INSTANT_THREAD,
                 (struct text){text.data, (uint32_t)text.len});
}

static void *print(void *self, void *args, void *keywords)
{
    (void)self;
    struct lane *l = lane_get();
    if (l && !(l->state & LANE_BUSY))
        tell(l, args);
    return py.PyObject_Call(original, args, keywords);
}

static void replace(void *print_function)
{
    void *builtins = py.PyImport_ImportModule("builtins");
    if (!builtins || py.PyObject_SetAttrString(builtins, "print", print_function))
        py.PyErr_Clear();
    if (builtins)
        py.Py_DecRef(builtins);
}

static bool begin(void)
{
    static const struct builtin builtin = {"print", print, BUILTIN_FLAGS, NULL};
    if (!agent_config()->prints)
        return false;
    original = builtin_find("builtins", "print");
    ours = original ? builtin_new(&builtin) : NULL;
    if (ours)
        replace(ours);
    return ours != NULL;
}

/* The program may have kept it, so it stays able to work. */
static void end(void)
{
    void *now = builtin_find("builtins", "print");
    if (now == ours)
        replace(original);
    if (now)
        py.Py_DecRef(now);
}

const struct extra extra_prints = {.begin = begin, .end = end};
