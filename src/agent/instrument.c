#include "agent/instrument.h"

#include <stddef.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/builtin.h"
#include "agent/embedded.h"
#include "agent/lane.h"
#include "agent/mark.h"
#include "agent/pyapi.h"
#include "agent/value.h"

EMBEDDED(instrument_source, "agent/instrument.py");

bool instrument_is_wanted(void)
{
    const struct config *c = agent_config();
    return c->log_var[0] || c->log_number[0] || c->log_attr[0] || c->log_func_exec[0] ||
           c->log_func_entry[0] || c->magic_comment;
}

static void *nothing(void)
{
    py.PyErr_Clear();
    return builtin_none();
}

/* (name, value): an instant with the value; `absent`: a value that means there is none. */
static void tell(void *name, void *value, const void *absent)
{
    struct lane *l = lane_get();
    struct value_text text = {0};
    ssize_t len;
    const char *utf8 = py.PyUnicode_AsUTF8AndSize(name, &len);
    if (!l || !utf8 || l->state & LANE_BUSY)
        return;
    l->state |= LANE_BUSY;
    if (value && value != absent)
        value_put(&text, value);
    l->state &= ~(uint32_t)LANE_BUSY;
    mark_instant((struct text){utf8, (uint32_t)len}, INSTANT_THREAD,
                 (struct text){text.data, (uint32_t)text.len});
}

static void tell_number(void *name, void *value)
{
    ssize_t len;
    const char *utf8 = py.PyUnicode_AsUTF8AndSize(name, &len);
    void *type = pyapi_type(value);
    if (type != py.int_type && type != py.float_type)
        tell(name, value, NULL);
    else if (utf8)
        mark_counter((struct text){utf8, (uint32_t)len}, py.PyFloat_AsDouble(value));
}

/* What a function of ours is given: a name, and perhaps a value. */
static void *take(void *args, void (*function)(void *name, void *value))
{
    void *name = py.PySequence_GetItem(args, 0);
    void *value = name && py.PySequence_Size(args) > 1 ? py.PySequence_GetItem(args, 1) : NULL;
    if (name)
        function(name, value ? value : py.none);
    if (value)
        py.Py_DecRef(value);
    if (name)
        py.Py_DecRef(name);
    return nothing();
}

static void tell_value(void *name, void *value)
{
    tell(name, value, NULL);
}

static void tell_event(void *name, void *value)
{
    tell(name, value, py.none);
}

static void *variable(void *self, void *args, void *keywords)
{
    (void)self;
    (void)keywords;
    return take(args, tell_value);
}

static void *number(void *self, void *args, void *keywords)
{
    (void)self;
    (void)keywords;
    return take(args, tell_number);
}

static void *event_(void *self, void *args, void *keywords)
{
    (void)self;
    (void)keywords;
    return take(args, tell_event);
}

/* main_code(event, argument) of instrument.py. NULL with an error. */
static void *install(void)
{
    static const struct builtin builtins[] = {{"variable", variable, BUILTIN_FLAGS, NULL},
                                              {"number", number, BUILTIN_FLAGS, NULL},
                                              {"event", event_, BUILTIN_FLAGS, NULL}};
    return embedded_install(instrument_source, builtins, sizeof(builtins) / sizeof(*builtins));
}

/* The code to be run instead; NULL: none. */
static void *code_for(const char *event, void *args)
{
    void *main_code = install();
    void *what = py.PyUnicode_FromStringAndSize(event, (ssize_t)strlen(event));
    void *argument = py.PySequence_GetItem(args, 0);
    void *code = main_code && what && argument
                     ? py.PyObject_CallFunctionObjArgs(main_code, what, argument, NULL)
                     : NULL;
    if (argument)
        py.Py_DecRef(argument);
    if (what)
        py.Py_DecRef(what);
    if (main_code)
        py.Py_DecRef(main_code);
    py.PyErr_Clear();
    if (code == py.none) {
        py.Py_DecRef(code);
        code = NULL;
    }
    return code;
}

int instrument_run(const char *event, void *args)
{
    struct lane *l = lane_get();
    if (!l)
        return 0;
    l->state |= LANE_BUSY;
    void *code = code_for(event, args);
    l->state &= ~(uint32_t)LANE_BUSY;
    void *module = code ? py.PyImport_AddModule("__main__") : NULL; /* borrowed, as is its dict */
    if (!module)
        return 0;
    void *names = py.PyModule_GetDict(module);
    void *result = py.PyEval_EvalCode(code, names, names);
    py.Py_DecRef(code);
    if (result) {
        py.Py_DecRef(result);
        py.PyErr_SetNone(*(void **)py.system_exit);
    }
    return -1;
}
