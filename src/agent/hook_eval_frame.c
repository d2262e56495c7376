/* Calls by the frame evaluation function (PEP 523), 3.8 to 3.11: the interpreter calls us in place of its own loop,
 * and we call that. Functions of C by a profile function, which each thread is given at its first call. */
#include "agent/hook.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/agent.h"
#include "agent/code.h"
#include "agent/lane.h"
#include "agent/pyapi.h"
#include "model/event.h"

/* Include/cpython/pystate.h: what a profile function is told. */
enum { TRACE_C_CALL = 4, TRACE_C_EXCEPTION = 5, TRACE_C_RETURN = 6 };

/* Where things lie; all verified by the live tests. Lib, struct and version: */
enum {
    INTERP_EVAL_FRAME_38 =
        568, /* 3.8 has no function to set it: Include/internal/pycore_pystate.h */
    TSTATE_INTERP = 16,
    FRAME_CODE = 32,       /* f_code of PyFrameObject (3.8–3.10) and _PyInterpreterFrame (3.11) */
    FRAME_STACKTOP = 72,   /* 3.8, 3.9: f_stacktop is not NULL in a frame that is suspended */
    FRAME_LASTI_38 = 104,  /* 3.8, 3.9: f_lasti is -1 before the first instruction */
    FRAME_LASTI_310 = 96,  /* 3.10 */
    FRAME_STATE_310 = 108, /* 3.10: f_state */
    GEN_STATE_311 = -5,    /* 3.11: gi_frame_state, before the frame that a generator embeds */
    FRAME_PREV_INSTR_311 = 56,
    CODE_FIRSTTRACEABLE_311 = 168,
    CODE_ADAPTIVE_311 = 184,
    SUSPENDED = -1, /* FRAME_SUSPENDED; in 3.10 as well: Include/cpython/frameobject.h */
    SUSPENDED_310 = -1,
    CREATED_310 = -2,
};

static bool running;

static const void *pointer_at(const void *base, ptrdiff_t offset)
{
    return *(const void *const *)((const char *)base + offset);
}

static int32_t int_at(const void *base, ptrdiff_t offset)
{
    return *(const int32_t *)((const char *)base + offset);
}

/* Has this generator's frame run before? */
static bool has_begun(const char *frame, const char *code)
{
    switch (py.minor) {
    case 8:
    case 9:
        return int_at(frame, FRAME_LASTI_38) >= 0;
    case 10:
        return int_at(frame, FRAME_LASTI_310) >= 0;
    default: {
        const char *prev = pointer_at(frame, FRAME_PREV_INSTR_311);
        return prev >= code + CODE_ADAPTIVE_311 + 2 * int_at(code, CODE_FIRSTTRACEABLE_311);
    }
    }
}

/* After it has run: is it to go on later? */
static bool is_suspended(const char *frame)
{
    switch (py.minor) {
    case 8:
    case 9:
        return pointer_at(frame, FRAME_STACKTOP) != NULL;
    case 10:
        return *(const int8_t *)(frame + FRAME_STATE_310) == SUSPENDED_310;
    default:
        return *(const int8_t *)(frame + GEN_STATE_311) == SUSPENDED;
    }
}

/* The first call of a thread: from here on its calls of C are told as well. */
static int on_profile(void *self, void *frame, int what, void *arg)
{
    (void)self;
    (void)frame;
    struct lane *l = lane_self;
    if (!l || l->busy || !running)
        return 0;
    uint64_t key;
    switch (what) {
    case TRACE_C_CALL:
        if (l->depth && (l->open[l->depth - 1].function & CODE_ID) == CODE_UNWANTED)
            return 0;
        key = code_callable_key(arg);
        if (key)
            lane_enter(l, EVENT_ENTER, arg, code_entry_of_callable(arg, key), true);
        return 0;
    case TRACE_C_RETURN:
        lane_leave_native(l, EVENT_LEAVE);
        return 0;
    case TRACE_C_EXCEPTION:
        lane_leave_native(l, EVENT_UNWIND);
        return 0;
    }
    return 0;
}

static struct lane *lane_of_thread(void)
{
    struct lane *l = lane_self;
    if (l)
        return l;
    l = lane_begin();
    if (l && agent_config()->c_functions)
        py.PyEval_SetProfile(on_profile, NULL);
    return l;
}

typedef void *(*eval_function)(void *tstate, void *frame, int throwing);
typedef void *(*eval_function_38)(void *frame, int throwing);

static void *evaluate(void *tstate, void *frame, int throwing)
{
    if (py.minor == 8)
        return ((eval_function_38)py.eval_frame_default)(frame, throwing);
    return ((eval_function)py.eval_frame_default)(tstate, frame, throwing);
}

/* What lies above this call when it ends was left without our being told: closed first. */
static void leave(struct lane *l, uint32_t depth, uint8_t kind, const void *code)
{
    if (l->depth > depth && l->open[depth].code == code)
        lane_leave(l, kind, code);
}

static inline void *traced(void *tstate, void *frame, int throwing)
{
    void *code = (void *)(uintptr_t)pointer_at(frame, FRAME_CODE);
    struct lane *l = running ? lane_of_thread() : NULL;
    if (!l || l->busy)
        return evaluate(tstate, frame, throwing);
    uint32_t entry = code_entry(code);
    if ((entry & CODE_ID) == CODE_UNWANTED)
        return evaluate(tstate, frame, throwing);
    bool generator = entry & CODE_GENERATOR;
    bool resumed = generator && (throwing || has_begun(frame, code));
    uint32_t depth = l->depth;
    lane_enter(l, resumed ? EVENT_RESUME : EVENT_ENTER, code, entry & CODE_ID, false);
    void *result = evaluate(tstate, frame, throwing);
    if (!result)
        leave(l, depth, EVENT_UNWIND, code);
    else
        leave(l, depth, generator && is_suspended(frame) ? EVENT_YIELD : EVENT_LEAVE, code);
    return result;
}

static void *eval_frame(void *tstate, void *frame, int throwing)
{
    return traced(tstate, frame, throwing);
}

static void *eval_frame_38(void *frame, int throwing)
{
    return traced(NULL, frame, throwing);
}

static void set(void *function)
{
    if (py.set_eval_frame) {
        py.set_eval_frame(py.interp_get(), function);
        return;
    }
    void *tstate = py.PyGILState_GetThisThreadState();
    char *interp = *(char **)((char *)tstate + TSTATE_INTERP);
    *(void **)(interp + INTERP_EVAL_FRAME_38) = function;
}

static int start(void)
{
    if (!py.eval_frame_default || (py.minor > 8 && (!py.set_eval_frame || !py.interp_get)))
        return -1;
    running = true;
    set(py.minor == 8 ? (void *)eval_frame_38 : (void *)eval_frame);
    return 0;
}

/* Frames that are open still return through us; they see that it is over. */
static void stop(void)
{
    running = false;
    set(py.eval_frame_default);
    if (agent_config()->c_functions)
        py.PyEval_SetProfile(NULL, NULL);
}

const struct hook hook_eval_frame = {8, 11, start, stop};
