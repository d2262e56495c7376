/* Calls by the frame evaluation function (PEP 523): the interpreter calls us in place of its own loop, and we call
 * that. It is the cheapest way up to 3.13. Functions of C: by sys.monitoring where there is that, else by a profile
 * function, which each thread is given at its first call.
 *
 * From 3.11 on the interpreter's loop runs a call of a Python function without a call of C; with us it cannot, and a
 * deep recursion would need more of the C stack than there is, or than the interpreter allows; before, each call
 * needs somewhat more. So when calls nest deeply, sys.monitoring takes over for good, or before 3.12 the profile
 * function: in this thread, and in all on 3.11. What is open then is ended by whoever sees its end first. */
#include "agent/hook.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/builtin.h"
#include "agent/callback.h"
#include "agent/code.h"
#include "agent/earlier.h"
#include "agent/extra.h"
#include "agent/interpreter.h"
#include "agent/lane.h"
#include "agent/pyapi.h"
#include "agent/trigger.h"
#include "model/event.h"

/* Include/cpython/pystate.h: what a profile function is told. */
enum {
    TRACE_CALL = 0,
    TRACE_RETURN = 3,
    TRACE_C_CALL = 4,
    TRACE_C_EXCEPTION = 5,
    TRACE_C_RETURN = 6
};

enum {
    /* 3.12 allows 1,500 calls of C within each other (C_RECURSION_LIMIT), 3.13 10,000. */
    NESTED_MAX = 128,
    INTERP_EVAL_FRAME_38 = 568, /* 3.8 has no function to set it: internal/pycore_pystate.h */
    TSTATE_PROFILE = 56,        /* c_profilefunc, Include/cpython/pystate.h@3.8–3.10 … */
    TSTATE_PROFILE_311 = 64,    /* … and @3.11 */
    OWNED_BY_GENERATOR = 1,     /* FRAME_OWNED_BY_GENERATOR, internal/pycore_frame.h */
    FRAME_CODE = 32,            /* f_code */
    FRAME_CODE_312 = 0,         /* f_code, f_executable */
    FRAME_OF_OBJECT_311 = 24,   /* PyFrameObject.f_frame */
    FRAME_STACKTOP = 72,        /* 3.8, 3.9: f_stacktop is not NULL in a frame that is suspended */
};

/* Where things lie in a frame and its code: Include/frameobject.h (3.8–3.10), internal/pycore_frame.h,
 * cpython/code.h and genobject.h. */
static const struct shape {
    int16_t place;          /* f_lasti (int), prev_instr or instr_ptr (pointer) */
    int16_t state;          /* f_state; from 3.11 on gi_frame_state, which lies before the frame */
    int8_t suspended_least; /* states from this to -1 are suspended */
    int16_t instructions;   /* in the code object: co_code_adaptive, … */
    int16_t first;          /* … _co_firsttraceable */
    int16_t owner;          /* in the frame */
} shapes[] = {
    [8] = {104, 0, 0, 0, 0, 0},        [9] = {104, 0, 0, 0, 0, 0},
    [10] = {96, 108, -1, 0, 0, 0},     [11] = {56, -5, -1, 184, 168, 69},
    [12] = {56, -5, -1, 192, 176, 70}, [13] = {56, -5, -2, 200, 184, 70},
};

enum { SHAPES = sizeof(shapes) / sizeof(*shapes) };

static const struct shape *shape; /* of this Python */
static bool running, all_profiled;
static bool threading_comes; /* with all_profiled: it is being imported */

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
    if (!shape->instructions)
        return int_at(frame, shape->place) >= 0; /* -1 before the first instruction */
    const char *first = code + shape->instructions + 2 * int_at(code, shape->first);
    return (const char *)pointer_at(frame, shape->place) >= first;
}

/* From 3.11 on a call of a generator function runs it for the moment that makes the generator: that is no call. */
static bool is_making_generator(const char *frame)
{
    return shape->owner && frame[shape->owner] != OWNED_BY_GENERATOR;
}

/* After it has run: is it to go on later? */
static bool is_suspended(const char *frame)
{
    if (!shape->state)
        return pointer_at(frame, FRAME_STACKTOP) != NULL;
    int8_t state = *(const int8_t *)(frame + shape->state);
    return state < 0 && state >= shape->suspended_least;
}

static uint8_t kind_of_end(const char *frame, const void *result, bool generator)
{
    if (!result)
        return EVENT_UNWIND;
    return generator && is_suspended(frame) ? EVENT_YIELD : EVENT_LEAVE;
}

/* With what else is wanted of each call. */
static void enter(struct lane *l, struct call *call)
{
    if (l->state & LANE_EXTRAS)
        extras_run(BEFORE_ENTER, l, call);
    lane_enter(l, call->kind, call->code, call->entry & CODE_ID, code_call_flags(call->entry));
    if (call->entry & CODE_TRIGGER && call->kind == EVENT_ENTER)
        trigger_fire("function");
    if (l->state & LANE_EXTRAS)
        extras_run(AFTER_ENTER, l, call);
}

static void leave(struct lane *l, struct call *call)
{
    if (l->state & LANE_EXTRAS)
        extras_run(BEFORE_LEAVE, l, call);
    lane_leave(l, call->kind, call->code);
    if (l->state & LANE_EXTRAS)
        extras_run(AFTER_LEAVE, l, call);
}

/* A call of Python, in a thread where the evaluation function is not to be used any more. */
static void profile_python(struct lane *l, const void *object, int what, const void *result)
{
    const char *frame = py.minor == 11 ? pointer_at(object, FRAME_OF_OBJECT_311) : object;
    void *code = (void *)(uintptr_t)pointer_at(frame, FRAME_CODE);
    uint32_t entry = code_entry(code);
    bool generator = entry & CODE_GENERATOR;
    if (code_is_unwanted(entry) || (generator && is_making_generator(frame)))
        return;
    struct call call = {.code = code, .frame = (void *)(uintptr_t)frame, .entry = entry};
    if (what == TRACE_CALL) {
        call.kind = generator && has_begun(frame, code) ? EVENT_RESUME : EVENT_ENTER;
        enter(l, &call);
    } else {
        call.result = (void *)(uintptr_t)result;
        call.kind = kind_of_end(frame, result, generator);
        leave(l, &call);
    }
}

/* Of a frame object. */
static void *code_of(const void *object)
{
    const char *frame = py.minor == 11 ? pointer_at(object, FRAME_OF_OBJECT_311) : object;
    return (void *)(uintptr_t)pointer_at(frame, FRAME_CODE);
}

static int on_profile(void *self, void *frame, int what, void *arg);

/* Until 3.11: the program's own profile function (or a profiler's) stays in its place. A thread that has one tells of no
 * calls of C. */
static bool has_anothers(const void *tstate)
{
    const void *function = pointer_at(tstate, py.minor < 11 ? TSTATE_PROFILE : TSTATE_PROFILE_311);
    return function && function != (const void *)(uintptr_t)on_profile;
}

static bool thread_has_anothers(void)
{
    return has_anothers(py.current_thread());
}

/* threading calls it at the beginning of a new thread, by sys.setprofile. */
static void *on_new_thread(void *self, void *const *args, size_t count, void *names)
{
    (void)self;
    (void)args;
    (void)count;
    (void)names;
    py.PyEval_SetProfile(on_profile, NULL);
    return builtin_none();
}

/* Done? Not while threading is not imported, or just being so. */
static bool follow_new_threads(void)
{
    void *type, *value, *trace;
    py.PyErr_Fetch(&type, &value, &trace);
    void *threading = pyapi_imported("threading");
    void *hook = threading ? callback_new(on_new_thread) : NULL;
    void *done = hook ? py.PyObject_CallMethod(threading, "setprofile", "O", hook) : NULL;
    if (hook)
        py.Py_DecRef(hook);
    if (done)
        py.Py_DecRef(done);
    py.PyErr_Clear();
    py.PyErr_Restore(type, value, trace);
    return done;
}

static int on_profile(void *self, void *frame, int what, void *arg)
{
    (void)self;
    struct lane *l = all_profiled ? lane_get() : lane_self;
    if (!running) { /* a thread other than the one that ended it: this is its turn to let go */
        py.PyEval_SetProfile(NULL, NULL);
        return 0;
    }
    if (threading_comes)
        threading_comes = !follow_new_threads();
    if (!l || l->state & (LANE_BUSY | LANE_FORGOTTEN))
        return 0;
    if (what == TRACE_CALL || what == TRACE_RETURN) {
        if (l->state & LANE_PROFILED || all_profiled)
            profile_python(l, frame, what, arg);
        return 0;
    }
    if (!agent_config()->c_functions || code_is_unwanted(code_entry(code_of(frame))))
        return 0;
    uint64_t key = what == TRACE_C_CALL ? code_callable_key(arg) : 0;
    if (key)
        lane_enter(l, EVENT_ENTER, arg, code_entry_of_callable(arg, key), CALL_NATIVE);
    else if (what == TRACE_C_RETURN)
        lane_leave_native(l, EVENT_LEAVE);
    else if (what == TRACE_C_EXCEPTION)
        lane_leave_native(l, EVENT_UNWIND);
    return 0;
}

/* The first call of a thread: from here on its calls of C are told as well. */
static struct lane *lane_of_thread(void)
{
    struct lane *l = lane_self;
    if (l && !lane_is_forgotten(l))
        return l;
    l = lane_get();
    if (l && l->earlier)
        l->state |= LANE_EARLIER;
    if (l && agent_config()->c_functions && py.minor < 12 && !thread_has_anothers())
        py.PyEval_SetProfile(on_profile, NULL);
    return l;
}

typedef void *(*eval_function)(void *tstate, void *frame, int throwing);
typedef void *(*eval_function_38)(void *frame, int throwing);

/* As if we were not there: the compiler makes a jump of it, which needs no stack. `tstate` NULL:
 * 3.8, where it is not handed on. */
static inline __attribute__((always_inline)) void *pass(void *tstate, void *frame, int throwing)
{
    return tstate ? ((eval_function)py.eval_frame_default)(tstate, frame, throwing)
                  : ((eval_function_38)py.eval_frame_default)(frame, throwing);
}

static inline __attribute__((always_inline)) void *evaluate(struct lane *l, void *tstate,
                                                            void *frame, int throwing)
{
    l->nested++;
    void *result = pass(tstate, frame, throwing);
    l->nested--;
    return result;
}

static void *eval_frame(void *tstate, void *frame, int throwing);
static void *eval_frame_312(void *tstate, void *frame, int throwing);
static void *eval_frame_38(void *frame, int throwing);

static void set(struct interpreter *i, void *function)
{
    if (py.set_eval_frame)
        py.set_eval_frame(i->self, function);
    else
        *(void **)((char *)i->self + INTERP_EVAL_FRAME_38) = function;
}

static void *own_function(void)
{
    return py.minor == 8    ? (void *)eval_frame_38
           : py.minor >= 12 ? (void *)eval_frame_312
                            : (void *)eval_frame;
}

/* The one that is set. */
static void *current_function(const struct interpreter *i)
{
    return py.get_eval_frame ? py.get_eval_frame(i->self)
                             : *(void *const *)((char *)i->self + INTERP_EVAL_FRAME_38);
}

static void set_own(struct interpreter *i)
{
    if (current_function(i) == py.eval_frame_default)
        set(i, own_function());
}

/* Another's stays, and may still call ours. */
static void unset(struct interpreter *i)
{
    if (i && current_function(i) == own_function())
        set(i, py.eval_frame_default);
}

static void profile_threads(struct interpreter *i)
{
    void *tstate = py.PyInterpreterState_ThreadHead(i->self);
    for (; tstate; tstate = py.PyThreadState_Next(tstate))
        if (!has_anothers(tstate))
            py.set_profile(tstate, on_profile, NULL);
}

/* 3.11: as long as there is an evaluation function, calls are not run without C. */
static void profile_all(void)
{
    interpreter_for_each(unset);
    all_profiled = true;
    interpreter_for_each(profile_threads);
    follow_new_threads();
}

static void profile(struct lane *l)
{
    void *type, *value, *trace;
    py.PyErr_Fetch(&type, &value, &trace);
    l->state |= LANE_PROFILED;
    py.PyEval_SetProfile(on_profile, NULL);
    if (py.set_profile && (py.minor == 11 || !interpreter_is_only()))
        profile_all();
    py.PyErr_Restore(type, value, trace);
}

/* Too deep for us. If what takes our place cannot be had, we stay. */
static bool hand_over(struct lane *l)
{
    if (py.minor < 12) {
        if (thread_has_anothers() || (!py.set_profile && !interpreter_is_only()))
            return false;
        profile(l);
        return true;
    }
    if (hook_monitor(MONITOR_PYTHON | hook_monitored_besides()))
        return false;
    unset(interpreter_here());
    lane_set_all(LANE_MONITORED);
    running = false;
    return true;
}

static inline __attribute__((always_inline)) bool is_deep(const struct lane *l, bool since_312)
{
    if (since_312)
        return l->nested >= NESTED_MAX;
    return (const char *)__builtin_frame_address(0) < l->stack_floor;
}

/* A call of which there is more to say than that it happens. */
static __attribute__((noinline)) void *trace_special(struct lane *l, void *tstate, void *frame,
                                                     int throwing, void *code, uint32_t entry)
{
    bool generator = entry & CODE_GENERATOR;
    if (code_is_unwanted(entry) || (generator && is_making_generator(frame)))
        return evaluate(l, tstate, frame, throwing);
    if (l->state & LANE_EARLIER)
        earlier_check(l);
    bool resumed = generator && (throwing || has_begun(frame, code));
    struct call call = {
        .code = code, .frame = frame, .entry = entry, .kind = resumed ? EVENT_RESUME : EVENT_ENTER};
    uint32_t depth = l->depth;
    enter(l, &call);
    call.result = evaluate(l, tstate, frame, throwing);
    call.kind = kind_of_end(frame, call.result, generator);
    if (l->depth > depth && l->open[depth].code == code)
        leave(l, &call);
    return call.result;
}

/* In a thread where something is unusual. NULL: it is to be left alone. */
static __attribute__((noinline)) struct lane *look_closer(struct lane *l)
{
    if (!running)
        return NULL;
    if (!l || lane_is_forgotten(l))
        l = lane_of_thread();
    return l && l->state & (LANE_BUSY | LANE_PROFILED | LANE_MONITORED) ? NULL : l;
}

/* `since_312` is known when this is compiled: it spares looks at what differs. */
static inline __attribute__((always_inline)) void *traced(void *tstate, void *frame, int throwing,
                                                          bool since_312)
{
    void *code = (void *)(uintptr_t)pointer_at(frame, since_312 ? FRAME_CODE_312 : FRAME_CODE);
    struct lane *l = lane_self;
    if (__builtin_expect(!l || l->state, 0) && !(l = look_closer(l)))
        return pass(tstate, frame, throwing);
    if (__builtin_expect(is_deep(l, since_312), 0) && hand_over(l))
        return pass(tstate, frame, throwing);
    uint32_t entry = code_entry(code);
    if (__builtin_expect(entry & CODE_SPECIAL || l->state, 0))
        return trace_special(l, tstate, frame, throwing, code, entry);
    uint32_t depth = l->depth;
    lane_enter(l, EVENT_ENTER, code, entry, 0);
    void *result = evaluate(l, tstate, frame, throwing);
    /* Nothing if somebody else has seen the end already. */
    if (__builtin_expect(l->depth > depth && l->open[depth].code == code, 1))
        lane_leave(l, result ? EVENT_LEAVE : EVENT_UNWIND, code);
    return result;
}

static void *eval_frame(void *tstate, void *frame, int throwing)
{
    return traced(tstate, frame, throwing, false);
}

static void *eval_frame_312(void *tstate, void *frame, int throwing)
{
    return traced(tstate, frame, throwing, true);
}

static void *eval_frame_38(void *frame, int throwing)
{
    return traced(NULL, frame, throwing, false);
}

/* It costs nothing where a function is not wanted, and tells the ends of calls that were open before. */
static bool monitoring_is_better(void)
{
    const struct config *config = agent_config();
    return config->monitoring || config->until_closed || config_is_choosy(config);
}

/* Has nobody taken the place? */
static bool is_free(void)
{
    struct interpreter *here = interpreter_here();
    return here && current_function(here) == py.eval_frame_default;
}

static bool fits(void)
{
    return py.minor < SHAPES && shapes[py.minor].place && !py.free_threaded &&
           py.eval_frame_default && (py.minor == 8 || (py.set_eval_frame && py.get_eval_frame)) &&
           is_free() && !(py.minor >= 12 && monitoring_is_better());
}

static int start(void)
{
    int besides = py.minor >= 12 ? hook_monitored_besides() : 0;
    if (besides && hook_monitor(besides))
        return -1;
    shape = &shapes[py.minor];
    running = true;
    all_profiled = threading_comes = false;
    lane_set_all(0);
    if (py.minor < 12)
        interpreter_for_each(set_own);
    else
        set_own(interpreter_here());
    return 0;
}

/* From 3.12 on each has a GIL of its own: there by sys.monitoring alone. */
static void meet(void)
{
    if (py.minor >= 12) {
        hook_monitor(MONITOR_PYTHON | hook_monitored_besides());
        return;
    }
    bool profiled = all_profiled || (lane_self && lane_self->state & LANE_PROFILED);
    if (running && !profiled)
        set_own(interpreter_here());
    if (running && (profiled || agent_config()->c_functions) && !thread_has_anothers())
        py.PyEval_SetProfile(on_profile, NULL);
}

/* Frames that are open still return through us. */
static void stop(void)
{
    if (!interpreter_is_only() && py.minor >= 12) /* others go on telling */
        lane_set_all(LANE_DEAF);
    if (running && py.minor >= 12)
        unset(interpreter_here());
    else if (running)
        interpreter_for_each(unset);
    running = false;
    if (py.minor >= 12)
        hook_monitor(0);
    else if (!thread_has_anothers())
        py.PyEval_SetProfile(NULL, NULL);
}

/* The innermost call of Python that is open in the lane. */
static const void *innermost_code(const struct lane *l)
{
    uint32_t at = l->depth;
    while (at && l->open[at - 1].flags & CALL_NATIVE)
        at--;
    return at ? l->open[at - 1].code : NULL;
}

/* Has another function taken the place of ours, without calling ours? Then what runs now is not known to us. */
static void heed_others(void)
{
    struct lane *l = lane_self;
    const struct interpreter *here = interpreter_here();
    if (py.minor < 12 || !running || !l || l->state & (LANE_BUSY | LANE_FORGOTTEN) || !here ||
        !here->first || current_function(here) == own_function())
        return;
    void *type, *value, *trace;
    py.PyErr_Fetch(&type, &value, &trace);
    l->state |= LANE_BUSY;
    void *frame = py.PyEval_GetFrame(); /* borrowed */
    void *code = frame ? pyapi_frame_code(frame) : NULL;
    bool unknown = code && !code_is_unwanted(code_entry(code)) && innermost_code(l) != code;
    if (code)
        py.Py_DecRef(code);
    py.PyErr_Clear();
    py.PyErr_Restore(type, value, trace);
    l->state &= ~(uint32_t)LANE_BUSY;
    if (unknown)
        hand_over(l);
}

static void heed(const char *module)
{
    if (running && all_profiled && !strcmp(module, "threading"))
        threading_comes = true;
    heed_others();
}

const struct hook hook_eval_frame = {fits, start, stop, meet, heed};
