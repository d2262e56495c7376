#include "agent/earlier.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/code.h"
#include "agent/interpreter.h"
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

/* The next one outwards; a new reference, or NULL. Takes that of `frame`. */
static void *outer(void *frame)
{
    void *back = attribute(frame, "f_back");
    py.Py_DecRef(frame);
    return back;
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
        push(l, frame);
        frame = outer(frame);
    }
    if (frame)
        py.Py_DecRef(frame);
    for (uint32_t i = first, j = l->depth; i + 1 < j; i++) {
        struct lane_call call = l->open[--j];
        l->open[j] = l->open[i];
        l->open[i] = call;
    }
}

/* The innermost frame of a call that was told of, or is not just being; a new reference, or NULL. */
static void *innermost(bool entering)
{
    void *frame = py.PyEval_GetFrame(); /* borrowed */
    if (frame)
        py.Py_IncRef(frame);
    return frame && entering ? outer(frame) : frame;
}

void earlier_open(struct lane *l, bool entering)
{
    void *type, *value, *trace;
    if (!agent_config()->until_closed || l->depth)
        return;
    py.PyErr_Fetch(&type, &value, &trace);
    l->state |= LANE_BUSY;
    push_all(l, innermost(entering), FRAMES_MAX);
    l->earlier = l->depth;
    l->state &= ~(uint32_t)LANE_BUSY;
    py.PyErr_Clear();
    py.PyErr_Restore(type, value, trace);
}

/* `frames` and `threads` (threading._active, may be NULL) by the number that Python has for a thread. */
static void open_of_thread(void *frames, void *threads, void *number)
{
    void *thread = threads ? py.PyDict_GetItem(threads, number) : NULL;
    void *frame = py.PyDict_GetItem(frames, number);
    pthread_t handle = (pthread_t)py.PyLong_AsLong(number);
    pid_t tid = handle == pthread_self() ? gettid()
                : thread                 ? (pid_t)pyapi_number(thread, "_native_id")
                                         : 0;
    if (tid <= 0 || !frame)
        return;
    const char *text = "";
    ssize_t len = 0;
    void *keeper = thread ? pyapi_text(thread, "_name", &text, &len) : NULL;
    struct lane *l = lane_begin_for(handle, tid, (struct text){text, (uint32_t)len});
    if (l) {
        py.Py_IncRef(frame);
        push_all(l, frame, FRAMES_MAX);
        l->earlier = l->depth;
        if (l->depth)
            lane_segment(l);
    }
    if (keeper)
        py.Py_DecRef(keeper);
}

void earlier_open_all(void)
{
    void *type, *value, *trace;
    if (!agent_config()->until_closed || py.free_threaded ||
        (py.minor >= 12 && !interpreter_is_alone()))
        return;
    py.PyErr_Fetch(&type, &value, &trace);
    void *current_frames = py.PySys_GetObject("_current_frames"); /* borrowed */
    void *threading = pyapi_imported("threading");
    void *threads = threading ? attribute(threading, "_active") : NULL;
    void *frames = current_frames ? py.PyObject_CallFunctionObjArgs(current_frames, NULL) : NULL;
    void *number, *frame;
    for (ssize_t place = 0; frames && py.PyDict_Next(frames, &place, &number, &frame);)
        open_of_thread(frames, threads, number);
    if (frames)
        py.Py_DecRef(frames);
    if (threads)
        py.Py_DecRef(threads);
    py.PyErr_Clear();
    py.PyErr_Restore(type, value, trace);
}

/* How many of the outermost calls are open still, if `frame` is: 0 if it is none of them. */
static uint32_t open_up_to(const struct lane *l, const void *frame)
{
    uint32_t at = l->depth;
    while (at && l->open[at - 1].t_ns != (uintptr_t)frame)
        at--;
    return at;
}

void earlier_check_all(struct lane *l, bool entering)
{
    void *type, *value, *trace;
    if (!interpreter_is_first()) /* which runs within them */
        return;
    py.PyErr_Fetch(&type, &value, &trace);
    l->state |= LANE_BUSY;
    void *frame = innermost(entering);
    uint32_t still = 0;
    while (frame && !(still = open_up_to(l, frame)))
        frame = outer(frame);
    if (frame)
        py.Py_DecRef(frame);
    if (still < l->depth)
        lane_end_above(l, still);
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
    uint32_t still = open_up_to(l, py.PyEval_GetFrame());
    /* One that is not wanted is not among them; then nothing can be said. */
    if (still && still < l->depth)
        lane_end_above(l, still);
    l->earlier = l->depth;
    if (!l->earlier)
        l->state &= ~(uint32_t)LANE_EARLIER;
}
