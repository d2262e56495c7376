#include "agent/earlier.h"

#include <stddef.h>
#include <stdint.h>

#include "agent/agent.h"
#include "agent/code.h"
#include "agent/pyapi.h"

enum { FRAMES_MAX = 100000 };

/* A new reference, or NULL. */
static void *attribute(void *object, const char *name)
{
    void *value = py.PyObject_GetAttrString(object, name);
    if (value && value != py.none)
        return value;
    if (value)
        py.Py_DecRef(value);
    py.PyErr_Clear();
    return NULL;
}

static void push(struct lane *l, void *frame)
{
    void *code = pyapi_frame_code(frame);
    uint32_t entry = code ? code_entry(code) : CODE_UNWANTED;
    if (!code_is_unwanted(entry) && lane_make_room(l))
        /* Whoever is open has no time of its beginning: there is place for its frame. */
        l->open[l->depth++] = (struct lane_call){.code = code,
                                                 .t_ns = (uintptr_t)frame,
                                                 .function = entry & CODE_ID,
                                                 .flags = lane_is_silent(l) ? 0 : CALL_WRITTEN};
    if (code)
        py.Py_DecRef(code); /* its frame keeps it */
}

/* The outermost comes first. */
static void push_all(struct lane *l, void *frame, uint32_t left)
{
    uint32_t first = l->depth;
    for (; frame && left; left--) {
        void *back = attribute(frame, "f_back");
        push(l, frame);
        py.Py_DecRef(frame);
        frame = back;
    }
    if (frame)
        py.Py_DecRef(frame);
    for (uint32_t i = first, j = l->depth; i + 1 < j; i++) {
        struct lane_call call = l->open[--j];
        l->open[j] = l->open[i];
        l->open[i] = call;
    }
}

void earlier_open(struct lane *l, bool entering)
{
    void *type, *value, *trace;
    if (!agent_config()->until_closed || l->depth)
        return;
    py.PyErr_Fetch(&type, &value, &trace);
    l->state |= LANE_BUSY;
    void *frame = py.PyEval_GetFrame(); /* borrowed */
    if (frame)
        py.Py_IncRef(frame);
    void *back = frame && entering ? attribute(frame, "f_back") : NULL;
    if (frame && entering) {
        py.Py_DecRef(frame);
        frame = back;
    }
    push_all(l, frame, FRAMES_MAX);
    l->earlier = l->depth;
    l->state &= ~(uint32_t)LANE_BUSY;
    py.PyErr_Clear();
    py.PyErr_Restore(type, value, trace);
}

void earlier_check(struct lane *l)
{
    if (l->depth > l->earlier)
        return;
    l->earlier = l->depth;
    uint64_t frame = (uintptr_t)py.PyEval_GetFrame();
    uint32_t still = l->depth;
    while (still && l->open[still - 1].t_ns != frame)
        still--;
    /* One that is not wanted is not among them; then nothing can be said. */
    if (still && still < l->depth)
        lane_end_above(l, still);
    l->earlier = l->depth;
    if (!l->earlier)
        l->state &= ~(uint32_t)LANE_EARLIER;
}
