/* Knows how the events of a lane make calls. Most events are ENTER and LEAVE, so these are decoded
 * here and not as structs. */
#include "analysis/spans.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/varint.h"
#include "base/vec.h"
#include "model/codec.h"

enum {
    CALL_TOLD = 1 << 0,
    CALL_DROPPED = 1 << 1,  /* its caller did its work */
    CALL_INCLUDED = 1 << 2, /* it or a call around it matches */
    CALL_RESUMED = 1 << 3,
    CALL_BEFORE = 1 << 4,
    CALL_RECURSIVE = 1 << 5,
};

struct call {
    uint64_t start_ns, inner_ns; /* inner: spent in the calls it made */
    uint32_t function, caller, depth;
    uint32_t flags;
};

/* The lane that is being followed. Calls around those in `calls` are `outside`: it is only known
 * how many they are. Calls beyond SPANS_DEPTH_MAX are `beyond`. */
struct lane {
    struct profile *profile;
    struct selection *selection;
    struct spans_visitor visitor;
    void *context;
    struct thread_id thread;
    uint64_t t_ns, until_ns; /* until: of the latest run (struct run) */
    struct call *calls;
    size_t len, cap;
    uint32_t outside, beyond;
    uint32_t *open; /* by function: how often it is in `calls`, without dropped ones */
    size_t open_len;
    bool mute;               /* nobody wants to hear of this thread */
    bool opening;            /* a LANE came, its OPENs may follow */
    struct lane_event begin; /* that LANE */
    struct vec opens;        /* uint32_t: functions of the OPENs so far */
};

void spans_release(struct spans *s)
{
    free(s->lane->calls);
    free(s->lane->open);
    vec_release(&s->lane->opens);
    free(s->lane);
    s->lane = NULL;
}

static void make_room(struct lane *l, uint32_t function)
{
    if (l->len == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 64;
        l->calls = alloc_resize(l->calls, l->cap, sizeof *l->calls);
    }
    if (function >= l->open_len) {
        size_t len = l->profile->functions.len + 64;
        l->open = alloc_resize(l->open, len, sizeof *l->open);
        memset(l->open + l->open_len, 0, (len - l->open_len) * sizeof *l->open);
        l->open_len = len;
    }
}

static struct span span_of(const struct lane *l, const struct call *call)
{
    return (struct span){
        .function = {call->function},
        .caller = {call->caller},
        .thread = l->thread,
        .start_ns = call->start_ns,
        .end_ns = l->t_ns,
        .depth = call->depth,
        .resumed = call->flags & CALL_RESUMED,
        .began_before = call->flags & CALL_BEFORE,
        .recursive = call->flags & CALL_RECURSIVE,
    };
}

/* What the selection makes of a call, as flags. */
static uint32_t judge(const struct lane *l, const struct call *call)
{
    const struct selection *selection = l->selection;
    unsigned match = selection ? selection_match(l->selection, call->function) : 0;
    uint32_t flags = call->flags | (match & SELECTION_INCLUDED ? CALL_INCLUDED : 0);
    if (!selection)
        return flags | CALL_TOLD;
    if (match & SELECTION_EXCLUDED || call->depth >= selection->depth_max)
        return flags | CALL_DROPPED;
    bool wanted = flags & CALL_INCLUDED && call->start_ns >= selection->from_ns &&
                  call->start_ns < selection->to_ns;
    return flags | (wanted ? CALL_TOLD : 0);
}

static void push(struct spans *s, uint32_t function, uint32_t flags)
{
    struct lane *l = s->lane;
    if (l->len == SPANS_DEPTH_MAX) {
        s->too_deep++;
        l->beyond++;
        return;
    }
    make_room(l, function);
    struct call *call = &l->calls[l->len];
    *call = (struct call){.start_ns = l->t_ns, .function = function, .flags = flags};
    if (l->len++) {
        const struct call *outer = call - 1;
        bool dropped = outer->flags & CALL_DROPPED;
        call->caller = dropped ? outer->caller : outer->function;
        call->depth = outer->depth + !dropped;
        call->flags |= outer->flags & CALL_INCLUDED;
    } else {
        call->depth = l->outside;
    }
    call->flags = judge(l, call);
    if (call->flags & CALL_DROPPED)
        return;
    if (l->open[function]++)
        call->flags |= CALL_RECURSIVE;
    if (l->mute)
        call->flags &= ~(uint32_t)CALL_TOLD;
    if (call->flags & CALL_TOLD && l->visitor.enter) {
        struct span span = span_of(l, call);
        l->visitor.enter(l->context, &span);
    }
}

static void tell_end(struct spans *s, const struct call *call, uint64_t duration_ns,
                     enum span_end end)
{
    struct lane *l = s->lane;
    struct span span = span_of(l, call);
    span.self_ns = duration_ns > call->inner_ns ? duration_ns - call->inner_ns : 0;
    span.end_ns = call->start_ns + duration_ns;
    span.end = end;
    span.brief = l->selection && duration_ns < l->selection->duration_min_ns;
    s->told += !span.brief;
    s->told_ns += span.brief ? 0 : span.self_ns;
    l->visitor.leave(l->context, &span);
}

static void pop(struct spans *s, enum span_end end)
{
    struct lane *l = s->lane;
    if (l->beyond) {
        l->beyond--;
        return;
    }
    if (!l->len) {
        s->strays += !l->outside;
        l->outside -= l->outside > 0;
        return;
    }
    struct call *call = &l->calls[--l->len];
    uint64_t duration_ns = l->t_ns > call->start_ns ? l->t_ns - call->start_ns : 0;
    bool dropped = call->flags & CALL_DROPPED;
    if (l->len)
        call[-1].inner_ns += dropped ? call->inner_ns : duration_ns;
    if (!dropped)
        l->open[call->function]--;
    if (call->flags & CALL_TOLD && l->visitor.leave)
        tell_end(s, call, duration_ns, end);
}

/* A thread's calls may be open until it or its process ends, long after its last event. */
static uint64_t end_of_thread(const struct lane *l, uint64_t until_ns)
{
    const struct profile *p = l->profile;
    const struct profile_thread *thread = vec_at(&p->threads, l->thread.i);
    const struct profile_process *process = vec_at(&p->processes, thread->process.i);
    uint64_t end_ns = thread->end_ns    ? thread->end_ns
                      : process->end_ns ? process->end_ns
                                        : until_ns;
    return end_ns > l->t_ns ? end_ns : l->t_ns;
}

static void end_lane(struct spans *s, uint64_t until_ns)
{
    struct lane *l = s->lane;
    if (l->thread.i)
        profile_time(l->profile, l->t_ns);
    l->t_ns = end_of_thread(l, until_ns);
    l->beyond = 0;
    while (l->len)
        pop(s, SPAN_OPEN);
    l->outside = 0;
    l->thread.i = 0;
    l->mute = true;
}

/* Are the calls that a LANE tells of those that are open already? */
static bool lane_goes_on(const struct lane *l)
{
    size_t count = l->opens.len;
    if (l->begin.thread.i != l->thread.i || l->begin.depth != l->outside + l->len + l->beyond ||
        count > l->len || (l->beyond && count))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (l->calls[l->len - count + i].function != *(uint32_t *)vec_at(&l->opens, i))
            return false;
    }
    return true;
}

/* All OPENs of a LANE are there. */
static void begin_lane(struct spans *s)
{
    struct lane *l = s->lane;
    l->opening = false;
    if (lane_goes_on(l)) {
        l->t_ns = l->begin.t_ns;
        return;
    }
    s->resynced += l->begin.thread.i == l->thread.i ? l->len : 0;
    end_lane(s, 0);
    l->thread = l->begin.thread;
    l->t_ns = l->begin.t_ns;
    if (l->thread.i)
        profile_time(l->profile, l->t_ns);
    l->mute = !l->thread.i || (l->selection && !selection_wants_thread(l->selection, l->thread));
    uint32_t count = (uint32_t)l->opens.len;
    l->outside = l->begin.depth > count ? l->begin.depth - count : 0;
    for (size_t i = 0; i < count; i++)
        push(s, *(uint32_t *)vec_at(&l->opens, i), CALL_BEFORE);
}

static void take_lane(struct spans *s, const struct lane_event *e)
{
    struct lane *l = s->lane;
    l->opening = true;
    l->begin = *e;
    l->begin.thread = profile_thread_of(l->profile, e->thread);
    vec_clear(&l->opens);
}

static void take_open(struct spans *s, const struct open_event *e)
{
    struct lane *l = s->lane;
    uint32_t function = profile_function_of(l->profile, e->function).i;
    if (!l->opening)
        push(s, function, CALL_BEFORE);
    else if (l->opens.len < SPANS_DEPTH_MAX)
        *(uint32_t *)vec_push(&l->opens) = function;
}

static void enter(struct spans *s, uint8_t kind, struct function_id function, uint64_t t_ns)
{
    bool resumed = kind == EVENT_RESUME;
    s->lane->t_ns = t_ns;
    s->resumed += resumed;
    s->calls += !resumed;
    push(s, profile_function_of(s->lane->profile, function).i, resumed ? CALL_RESUMED : 0);
}

static void leave(struct spans *s, uint8_t kind, uint64_t t_ns)
{
    s->lane->t_ns = t_ns;
    pop(s, kind == EVENT_LEAVE ? SPAN_RETURNED : kind == EVENT_YIELD ? SPAN_YIELDED : SPAN_UNWOUND);
}

/* Up to `count` of calls that are only counted; returns how many. */
static uint32_t take_away(uint32_t *calls, uint32_t count)
{
    uint32_t taken = count < *calls ? count : *calls;
    *calls -= taken;
    return taken;
}

static void take_resync(struct spans *s, const struct resync_event *e)
{
    struct lane *l = s->lane;
    uint32_t count = e->count;
    l->t_ns = e->t_ns;
    s->resynced += count;
    count -= take_away(&l->beyond, count);
    for (; count && l->len; count--)
        pop(s, SPAN_CUT);
    take_away(&l->outside, count);
}

static void pass_on(struct spans *s, struct event event)
{
    struct lane *l = s->lane;
    switch (event.kind) {
    case EVENT_INSTANT:
        event.instant.name = profile_string_of(l->profile, event.instant.name);
        break;
    case EVENT_COUNTER:
        event.counter.name = profile_string_of(l->profile, event.counter.name);
        break;
    case EVENT_ARGUMENTS:
    case EVENT_RESULT:
        if (l->beyond || !l->len || !(l->calls[l->len - 1].flags & CALL_TOLD))
            return; /* of a call that nobody heard of */
        break;
    case EVENT_TASK:
        event.task.name = profile_string_of(l->profile, event.task.name);
        break;
    case EVENT_GAP:
        s->gaps++;
        s->missing += event.gap.count;
        break;
    default:
        break;
    }
    if (l->visitor.event && !l->mute)
        l->visitor.event(l->context, l->thread, &event);
}

static int spans_emit(struct sink *sink, const struct event *event)
{
    struct spans *s = (struct spans *)sink;
    struct lane *l = s->lane;
    if (l->opening && event->kind != EVENT_OPEN)
        begin_lane(s);
    if (event->kind < EVENT_LANE || event->kind == EVENT_ANCESTOR)
        return l->profile->sink.emit(&l->profile->sink, event);
    l->profile->events++;
    switch (event->kind) {
    case EVENT_LANE:
        take_lane(s, &event->lane);
        break;
    case EVENT_OPEN:
        take_open(s, &event->open);
        break;
    case EVENT_ENTER:
        enter(s, EVENT_ENTER, event->enter.function, event->enter.t_ns);
        break;
    case EVENT_RESUME:
        enter(s, EVENT_RESUME, event->resume.function, event->resume.t_ns);
        break;
    case EVENT_LEAVE:
        leave(s, EVENT_LEAVE, event->leave.t_ns);
        break;
    case EVENT_YIELD:
        leave(s, EVENT_YIELD, event->yield.t_ns);
        break;
    case EVENT_UNWIND:
        leave(s, EVENT_UNWIND, event->unwind.t_ns);
        break;
    case EVENT_RESYNC:
        take_resync(s, &event->resync);
        break;
    default:
        pass_on(s, *event);
    }
    return 0;
}

static void spans_begin_stream(struct sink *sink)
{
    struct spans *s = (struct spans *)sink;
    struct sink *next = &s->lane->profile->sink;
    spans_finish(s);
    next->begin_stream(next);
}

static inline int number(const uint8_t **at, const uint8_t *end, uint64_t *ret_value)
{
    if (*at == end || **at >= 0x80)
        return varint_get(at, end, ret_value);
    *ret_value = *(*at)++;
    return 0;
}

/* One event that begins or ends a call; -1 as codec_get. */
static int take_call(struct spans *s, struct run *run)
{
    const uint8_t *at = run->at + 1;
    uint8_t kind = *run->at;
    bool enters = kind == EVENT_ENTER || kind == EVENT_RESUME;
    uint64_t step_ns, function = 0;
    if (number(&at, run->end, &step_ns) || (enters && number(&at, run->end, &function)) ||
        function > UINT32_MAX)
        return -1;
    run->at = at;
    run->t_ns += step_ns;
    s->lane->profile->events++;
    if (enters)
        enter(s, kind, (struct function_id){(uint32_t)function}, run->t_ns);
    else
        leave(s, kind, run->t_ns);
    return 0;
}

static uint64_t spans_take(struct sink *sink, struct run *run)
{
    struct spans *s = (struct spans *)sink;
    uint64_t events = 0;
    struct event event;
    if (!run->continues)
        spans_finish(s);
    for (; run->at < run->end; events++) {
        bool call = *run->at >= EVENT_ENTER && *run->at <= EVENT_UNWIND && !s->lane->opening;
        if (call && take_call(s, run))
            break;
        if (!call && codec_get(&run->at, run->end, &run->t_ns, &event))
            break;
        if (!call)
            spans_emit(sink, &event);
    }
    s->lane->until_ns = run->until_ns;
    return events;
}

void spans_init(struct spans *s, struct profile *profile, struct selection *selection,
                const struct spans_visitor *visitor, void *context)
{
    *s = (struct spans){
        .sink = {.emit = spans_emit, .begin_stream = spans_begin_stream, .take = spans_take}};
    s->lane = alloc_zeroed(1, sizeof *s->lane);
    *s->lane = (struct lane){.profile = profile,
                             .selection = selection,
                             .visitor = *visitor,
                             .context = context,
                             .mute = true};
    vec_init(&s->lane->opens, sizeof(uint32_t));
}

void spans_finish(struct spans *s)
{
    if (s->lane->opening)
        begin_lane(s);
    end_lane(s, s->lane->until_ns);
}
