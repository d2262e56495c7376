/* Garbage collections, as calls of their own (config collections): gc.callbacks tells of them. */
#include <stddef.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/builtin.h"
#include "agent/dictionary.h"
#include "agent/extra.h"
#include "agent/pyapi.h"
#include "agent/value.h"
#include "model/event.h"

static void *callback; /* in gc.callbacks */

static void tell(struct lane *l, void *info, bool begins)
{
    static const struct text name = {"garbage collection", 18};
    if (begins) {
        lane_enter(l, EVENT_ENTER, &callback, dictionary_function(name, (struct text){"", 0}, 0).i,
                   0);
        return;
    }
    if (!l->depth || l->open[l->depth - 1].code != &callback)
        return;
    struct value_text text = {0};
    value_put(&text, info);
    struct event event = {.kind = EVENT_RESULT, .result = {{text.data, (uint32_t)text.len}}};
    if (lane_shows_innermost(l))
        lane_put(l, &event);
    lane_leave(l, EVENT_LEAVE, &callback);
}

/* (phase, info) */
static void *on_phase(void *self, void *args, void *keywords)
{
    (void)self;
    (void)keywords;
    struct lane *l = lane_get();
    void *phase = l && !(l->state & LANE_BUSY) ? py.PySequence_GetItem(args, 0) : NULL;
    void *info = phase ? py.PySequence_GetItem(args, 1) : NULL;
    const char *text = info ? py.PyUnicode_AsUTF8AndSize(phase, NULL) : NULL;
    if (text)
        tell(l, info, strcmp(text, "start") == 0);
    if (info)
        py.Py_DecRef(info);
    if (phase)
        py.Py_DecRef(phase);
    py.PyErr_Clear();
    return builtin_none();
}

static bool begin(void)
{
    static const struct builtin builtin = {"heatline", on_phase, BUILTIN_FLAGS, NULL};
    if (!agent_config()->collections)
        return false;
    void *callbacks = builtin_find("gc", "callbacks");
    callback = callbacks ? builtin_new(&builtin) : NULL;
    void *done = callback ? py.PyObject_CallMethod(callbacks, "append", "O", callback) : NULL;
    if (done)
        py.Py_DecRef(done);
    if (callbacks)
        py.Py_DecRef(callbacks);
    py.PyErr_Clear();
    return done != NULL;
}

static void end(void)
{
    void *callbacks = builtin_find("gc", "callbacks");
    void *done = callbacks ? py.PyObject_CallMethod(callbacks, "remove", "O", callback) : NULL;
    if (done)
        py.Py_DecRef(done);
    if (callbacks)
        py.Py_DecRef(callbacks);
    py.Py_DecRef(callback);
    callback = NULL;
    py.PyErr_Clear();
}

const struct extra extra_collections = {.begin = begin, .end = end};
