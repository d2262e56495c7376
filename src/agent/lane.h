/* One thread's calls, written where they happen: no lock, no allocation, no reference, no system call but for a new
 * segment every ten thousand calls or so. About 20 ns and 3 bytes an event.
 *
 * A lane keeps which calls are open, so that an end that was not seen, or that belongs to a call from before, is
 * noticed and mended, and so that each segment says what is open where it begins. When a thread ends its lane goes on
 * with the next new one: a thousand short threads do not need a thousand segments. */
#ifndef HEATLINE_AGENT_LANE_H
#define HEATLINE_AGENT_LANE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/stamp.h"
#include "agent/stream.h"

enum {
    LANE_CALL_BYTES_MAX = 1 + 10 + 5, /* kind, step, function */
    LANE_OPEN_SHOWN = 1024,           /* innermost open calls that a segment repeats */
    LANE_OUTER_TASKS_MAX = 8,
};

/* Of a call that is open. */
enum call_flag {
    CALL_NATIVE = 1,  /* of C */
    CALL_RESUMED = 2, /* a generator or coroutine that goes on */
    CALL_WRITTEN = 4, /* its beginning is in the recording */
    CALL_ROOT = 8,    /* what it calls is recorded (config root) */
    CALL_TIMED = 16,  /* there is more to do at its end than to write it */
};

struct lane_call {
    const void *code; /* or callable */
    uint64_t t_ns;    /* when it began; only if calls are timed */
    uint32_t function;
    uint32_t flags;             /* CALL_ */
    uint32_t held_at, held_end; /* what of the lane's `held` tells of it; only if calls are timed */
};

/* A task, its name, and how deep its outermost coroutine lies. */
struct lane_task {
    uint32_t task, name, depth;
};

/* What makes a lane unusual: then a hook has more to do than to write. */
enum {
    LANE_BUSY = 1, /* something of ours runs in this thread: what it calls is not the program's */
    LANE_FORGOTTEN = 2,  /* its recording is over; see lane_begin_again */
    LANE_PROFILED = 4,   /* calls of Python come by the profile function (hook_eval_frame.c) */
    LANE_EXTRAS = 8,     /* more is wanted of each call (extra.h) */
    LANE_MONITORED = 32, /* calls of Python come by sys.monitoring, whoever calls us besides */
    LANE_EARLIER = 16,   /* calls are open whose end will not be told (earlier.h) */
    LANE_DEAF = 64, /* recording has been stopped: what sys.monitoring still tells is not heeded */
};

struct lane {
    struct stream stream;
    struct stamp stamp;
    struct lane_call *open; /* mapped; the innermost is open[depth - 1] */
    uint32_t depth, depth_cap;
    uint32_t depth_easy;     /* up to here a call is simply written; then see lane_enter_slowly */
    uint32_t state;          /* LANE_; 0 is the usual one */
    uint32_t earlier;        /* so many of the outermost were open before (earlier.h) */
    uint32_t nested;         /* calls that are open on this thread's C stack (hook_eval_frame.c) */
    const char *stack_floor; /* below this the thread's C stack begins to fill up */
    struct thread_id thread;
    pthread_t handle;   /* of the thread; 0: it has ended */
    pid_t tid;          /* its number, as the kernel sees it from within */
    bool waits;         /* begun by another thread (lane_begin_for): its own has said nothing yet */
    uint32_t depth_max; /* what lies deeper is kept track of, but not written */
    uint64_t trigger_ns; /* a call that takes as long is a trigger (trigger.h) */
    uint64_t least_ns;   /* calls that take less are not written; 0: all are */
    uint32_t due;        /* with it: the outermost call that is not written yet */
    char *held; /* with it: JSON of what calls were given that are not written yet; mapped */
    size_t held_cap;
    bool rooted;   /* only what happens in roots is recorded (root.h) */
    uint32_t root; /* with roots: depth at which the one begins that is being recorded; 0: none */
    uint32_t task, task_name; /* that is being run (tasks.c); 0: none … */
    uint32_t task_depth;      /* … and how deep its outermost coroutine lies; 0: none is open */
    uint32_t outer_tasks_len;
    struct lane_task
        outer_tasks[LANE_OUTER_TASKS_MAX]; /* those that began others that run at once */
    uint32_t own_task, own_task_name; /* of the greenlet that runs: of what is in no coroutine */
    struct greenlets *greenlets;      /* that are at rest (greenlets.h) */
    uint32_t
        calls_unwatched; /* until switches of greenlets are told: calls since one is to come; then UINT32_MAX */
    uint32_t muted; /* how often the program has asked for silence (lane_mute) */
    uint32_t
        calls_unnamed; /* until the thread's name is known: how many calls it has made; else UINT32_MAX */
    struct lane *next;     /* of those that are free */
    struct lane *next_all; /* of all */
};

extern __thread struct lane *lane_self;

/* This thread's lane, made if need be. NULL when there is no memory, or nothing to be recorded. `entering`: see
 * earlier_open. */
struct lane *lane_begin(bool entering);
/* That of a thread that runs already, which goes on in it as soon as it has something to say. With the GIL. NULL as above,
 * or when it has one. */
struct lane *lane_begin_for(pthread_t handle, pid_t tid, struct text name);
/* In a forked child: its one thread goes on in a lane of its own, once it does something; calls that are open stay
 * so. `go_on` false: nothing is recorded in this process. */
void lane_fork(bool go_on);

/* How often this process and those before it were forked. */
uint32_t lane_forks(void);
/* What a call from before the fork is called in this process. */
uint32_t lane_function_after_fork(const struct lane_call *call);

/* With the GIL: the next call in each thread takes the slow way, and whether there are roots is asked anew. */
void lane_look_closer_all(void);
/* With the GIL: all lanes, also later ones, are in this state as well; LANE_MONITORED, LANE_DEAF or 0. */
void lane_set_all(uint32_t state);

/* The recording is over, and nobody writes: what this thread's lane was to it, all lanes forget. Each is begun again
 * when its thread does something in the next recording. */
void lane_forget_all(void);
/* False: there is no next recording yet. */
bool lane_begin_again(struct lane *l, bool entering);

static inline bool lane_is_forgotten(const struct lane *l)
{
    return l->state & LANE_FORGOTTEN;
}

/* The stream's segment is full (or there is none yet): begins another one. -1: no room, the event is lost. */
int lane_segment(struct lane *l);
/* Any event but a call's; of at most half a segment. 0, or -1: it is lost. */
int lane_put(struct lane *l, const struct event *event);

/* A call that is deeper than depth_easy; and the end of one that was not simply written. */
void lane_enter_slowly(struct lane *l, uint8_t kind, const void *code, uint32_t function,
                       uint32_t flags);
void lane_leave_slowly(struct lane *l, uint8_t kind);

/* The call of `code`, which is the next to be opened, is a root that is to be recorded. */
void lane_begin_root(struct lane *l, const void *code);
/* Room for one more open call. */
bool lane_make_room(struct lane *l);
/* Takes all but the outermost `depth` open calls as ended. */
void lane_end_above(struct lane *l, uint32_t depth);
/* The end of a call that is not the innermost: closes what lies above it, or nothing if it is not open. */
bool lane_resync(struct lane *l, const void *code);

/* The program wants nothing of this thread to be recorded, or undoes that. */
void lane_mute(struct lane *l, bool on);

/* What the innermost call was given, a JSON object: written once the call is. */
void lane_put_arguments(struct lane *l, struct text json);

/* Is anything to be recorded now? */
static inline bool lane_is_silent(const struct lane *l)
{
    return l->rooted && !l->root;
}

/* Is the innermost call in the recording? */
static inline bool lane_shows_innermost(const struct lane *l)
{
    return l->depth && l->open[l->depth - 1].flags & CALL_WRITTEN;
}

static inline __attribute__((always_inline)) struct lane *lane_of(bool entering)
{
    struct lane *l = lane_self;
    if (__builtin_expect(!l, 0))
        return lane_begin(entering);
    if (__builtin_expect(lane_is_forgotten(l), 0))
        return lane_begin_again(l, entering) ? l : NULL;
    return l;
}

static inline struct lane *lane_get(void)
{
    return lane_of(false);
}

static inline __attribute__((always_inline)) uint8_t *lane_put_number(uint8_t *at, uint64_t value)
{
    while (value >= 0x80) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t)value;
    return at;
}

/* Room for an event, and its kind and time put there. NULL: lost. */
static inline __attribute__((always_inline)) uint8_t *lane_put_head_at(struct lane *l, uint8_t kind,
                                                                       uint64_t t_ns)
{
    struct stream *s = &l->stream;
    uint64_t step_ns = t_ns > s->last_t_ns ? t_ns - s->last_t_ns : 0; /* clocks are set right */
    uint8_t *at = s->at; /* which the bytes might change, for all that the compiler knows */
    s->last_t_ns += step_ns;
    at[0] = kind;
    return lane_put_number(at + 1, step_ns);
}

static inline bool lane_has_room(struct lane *l)
{
    return __builtin_expect(l->stream.end - l->stream.at >= LANE_CALL_BYTES_MAX, 1) ||
           lane_segment(l) == 0;
}

static inline __attribute__((always_inline)) uint8_t *lane_put_head(struct lane *l, uint8_t kind)
{
    return lane_has_room(l) ? lane_put_head_at(l, kind, stamp_now(&l->stamp)) : NULL;
}

static inline __attribute__((always_inline)) void lane_commit(struct lane *l, uint8_t *at)
{
    l->stream.at = at;
    stream_commit(&l->stream);
}

/* A call begins, or a generator goes on (EVENT_ENTER, EVENT_RESUME). `flags`: CALL_NATIVE, CALL_ROOT. */
static inline __attribute__((always_inline)) void
lane_enter(struct lane *l, uint8_t kind, const void *code, uint32_t function, uint32_t flags)
{
    if (__builtin_expect(l->depth >= l->depth_easy, 0)) {
        lane_enter_slowly(l, kind, code, function, flags);
        return;
    }
    uint8_t *at = lane_put_head(l, kind);
    struct lane_call *call = &l->open[l->depth++];
    call->code = code;
    call->function = function;
    call->flags = at ? flags | CALL_WRITTEN : flags;
    if (__builtin_expect(at != NULL, 1))
        lane_commit(l, lane_put_number(at, function));
}

/* The innermost call ends (EVENT_LEAVE, EVENT_YIELD, EVENT_UNWIND). */
static inline __attribute__((always_inline)) void lane_leave_innermost(struct lane *l, uint8_t kind)
{
    uint32_t flags = l->open[l->depth - 1].flags;
    if (__builtin_expect((flags & (CALL_WRITTEN | CALL_TIMED)) != CALL_WRITTEN, 0)) {
        lane_leave_slowly(l, kind);
        return;
    }
    uint8_t *at = lane_put_head(l, kind);
    l->depth--;
    if (__builtin_expect(at != NULL, 1))
        lane_commit(l, at);
}

static inline __attribute__((always_inline)) void lane_leave(struct lane *l, uint8_t kind,
                                                             const void *code)
{
    if (__builtin_expect(!l->depth || l->open[l->depth - 1].code != code, 0) &&
        !lane_resync(l, code))
        return;
    lane_leave_innermost(l, kind);
}

/* The innermost call of C ends; which one is not said, for the callable may be another object by now. */
static inline void lane_leave_native(struct lane *l, uint8_t kind)
{
    if (l->depth && l->open[l->depth - 1].flags & CALL_NATIVE)
        lane_leave_innermost(l, kind);
}

#endif
