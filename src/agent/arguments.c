/* What calls are given (config arguments) and what they return (config results). Knows where arguments lie in a frame. */
#include <stddef.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/extra.h"
#include "agent/pyapi.h"
#include "agent/value.h"
#include "model/event.h"

/* Include/cpython/code.h, frameobject.h and internal/pycore_frame.h. */
enum {
    CO_VARARGS = 4,
    CO_VARKEYWORDS = 8,
    REFERENCE_TAGS = 3, /* low bits of a _PyStackRef, 3.14+ */
};

static const uint16_t locals_offsets[] = {[8] = 360, [9] = 360, [10] = 352, [11] = 72, [12] = 72};
/* Where _PyRuntime's _Py_DebugOffsets has the offset, since it publishes it: interpreter_frame.localsplus. */
static const uint16_t locals_offsets_at[] = {[13] = 256, [14] = 280, [15] = 344};

enum { KNOWN_HERE = 13, KNOWN = sizeof(locals_offsets_at) / sizeof(*locals_offsets_at) };

static uint64_t locals_offset;

static uint64_t find_locals(void)
{
    if (py.minor < KNOWN_HERE)
        return locals_offsets[py.minor];
    return py.minor < KNOWN ? *(uint64_t *)((char *)py.runtime + locals_offsets_at[py.minor]) : 0;
}

static bool begin(void)
{
    locals_offset = find_locals();
    return agent_config()->results || (agent_config()->arguments && locals_offset);
}

/* By sys.monitoring we are not told the frame. */
static char *frame_of(const struct call *call)
{
    char *object = call->frame ? NULL : py.PyEval_GetFrame(); /* borrowed */
    if (!object)
        return call->frame;
    return *(char **)(pyapi_body(object) + 8); /* PyFrameObject.f_frame, behind f_back */
}

/* Before 3.11 an argument of which a closure is made is in its cell already, which comes behind the locals. */
static void *from_cells(void *code, void *const *locals, void *name)
{
    void *cells = py.PyObject_GetAttrString(code, "co_cellvars");
    long first = pyapi_number(code, "co_nlocals");
    ssize_t count = cells ? py.PySequence_Size(cells) : 0;
    void *found = NULL;
    for (ssize_t i = 0; i < count && !found; i++) {
        void *cell_name = py.PySequence_GetItem(cells, i);
        if (cell_name == name) /* names are interned */
            found = locals[first + i];
        if (cell_name)
            py.Py_DecRef(cell_name);
    }
    if (cells)
        py.Py_DecRef(cells);
    return found;
}

static void put_argument(struct value_text *t, void *value)
{
    void *held = value && pyapi_type(value) == py.cell_type ? py.PyCell_Get(value) : NULL;
    if (value)
        value_put(t, held ? held : value);
    else
        value_put_text(t, "", 0);
    if (held)
        py.Py_DecRef(held);
}

static void put_arguments(struct value_text *t, void *code, void *const *locals)
{
    void *names = py.PyObject_GetAttrString(code, "co_varnames");
    long flags = pyapi_number(code, "co_flags");
    long count = pyapi_number(code, "co_argcount") + pyapi_number(code, "co_kwonlyargcount") +
                 !!(flags & CO_VARARGS) + !!(flags & CO_VARKEYWORDS);
    bool first = true;
    for (long i = 0; names && i < count && value_has_room(t); i++) {
        void *name = py.PySequence_GetItem(names, i);
        const char *text = name ? py.PyUnicode_AsUTF8AndSize(name, NULL) : NULL;
        void *value = (void *)((uintptr_t)locals[i] & ~(uintptr_t)REFERENCE_TAGS);
        if (!value && name && py.minor < 11)
            value = from_cells(code, locals, name);
        if (text && *text != '.') { /* ".0" is what a comprehension runs over */
            if (!first)
                value_put_char(t, ',');
            first = false;
            value_put_text(t, text, strnlen(text, 200));
            value_put_char(t, ':');
            put_argument(t, value);
        }
        if (name)
            py.Py_DecRef(name);
    }
    if (names)
        py.Py_DecRef(names);
}

static void after_enter(struct lane *l, const struct call *call)
{
    struct value_text text;
    if (!agent_config()->arguments || call->kind != EVENT_ENTER || !l->depth)
        return;
    char *frame = frame_of(call);
    if (!frame)
        return;
    text.len = 0;
    text.depth = 0;
    value_put_char(&text, '{');
    put_arguments(&text, call->code, (void *const *)(frame + locals_offset));
    value_put_char(&text, '}');
    if (text.len > 2)
        lane_put_arguments(l, (struct text){text.data, (uint32_t)text.len});
}

static void before_leave(struct lane *l, const struct call *call)
{
    struct value_text text;
    if (!agent_config()->results || !call->result || !lane_shows_innermost(l) ||
        l->open[l->depth - 1].code != call->code)
        return;
    text.len = 0;
    text.depth = 0;
    value_put(&text, call->result);
    struct event event = {.kind = EVENT_RESULT, .result = {{text.data, (uint32_t)text.len}}};
    lane_put(l, &event);
}

const struct extra extra_arguments = {
    .begin = begin, .after_enter = after_enter, .before_leave = before_leave};
