/* The calls of a recording, one after the other: a sink that follows each lane and tells when a call
 * begins and when it has ended, with its times. It keeps the open calls of one lane and nothing of
 * those that have ended, so a recording of any length needs no more memory than its deepest stack.
 *
 * Within a thread calls are told properly nested and in order of time; threads come one after the
 * other. A generator or coroutine that goes on (RESUME … YIELD) is a span each time. Calls that the
 * selection does not want are left out as if their callers had done their work.
 *
 * All that is no call goes on to the profile. The recording is hostile: ids that are told are the
 * profile's (0 = not defined), stacks end at SPANS_DEPTH_MAX, no call ends before it begins. */
#ifndef HEATLINE_ANALYSIS_SPANS_H
#define HEATLINE_ANALYSIS_SPANS_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/selection.h"
#include "model/profile.h"

enum { SPANS_DEPTH_MAX = 1 << 20 }; /* deeper calls are counted, not told */

enum span_end {
    SPAN_RETURNED,
    SPAN_YIELDED, /* a generator or coroutine, suspended */
    SPAN_UNWOUND, /* left by an exception */
    SPAN_CUT,     /* taken as ended: the tracer lost sight of it */
    SPAN_OPEN,    /* the recording of its thread ends before it does */
};

struct span {
    struct function_id function;
    struct function_id caller; /* 0 = none that is known */
    struct thread_id thread;
    uint64_t start_ns, end_ns;
    uint64_t self_ns; /* without the calls that it made */
    uint32_t depth;   /* open calls around it */
    enum span_end end;
    bool resumed;      /* it goes on, it is not called */
    bool began_before; /* start_ns is when the recording of it began */
    bool recursive;    /* its function is open further out, too */
    bool brief;        /* shorter than the selection wants */
};

/* What a reader of calls wants to hear; NULL for what it does not. When a span is entered, how it
 * ends (end_ns, self_ns, end, brief) is not known yet. */
struct spans_visitor {
    void (*enter)(void *context, const struct span *span);
    void (*leave)(void *context, const struct span *span);
    /* TASK, INSTANT, COUNTER or GAP of a thread; ARGUMENTS or RESULT of the innermost span. */
    void (*event)(void *context, struct thread_id thread, const struct event *event);
};

struct spans {
    struct sink sink;          /* emit events here */
    uint64_t calls, resumed;   /* ENTER and RESUME events */
    uint64_t resynced;         /* calls taken as ended */
    uint64_t missing;          /* events that GAPs tell of */
    uint64_t gaps;             /* GAPs */
    uint64_t told, told_ns;    /* spans told at their end, without brief ones; their own time */
    uint64_t too_deep, strays; /* calls beyond SPANS_DEPTH_MAX; ends of no call */
    struct lane *lane;         /* private */
};

/* `selection` may be NULL: every call. All must outlive the spans. */
void spans_init(struct spans *s, struct profile *profile, struct selection *selection,
                const struct spans_visitor *visitor, void *context);
void spans_finish(struct spans *s); /* no more events come: tells what is still open */
void spans_release(struct spans *s);

static inline uint64_t span_duration_ns(const struct span *span)
{
    return span->end_ns - span->start_ns;
}

#endif
