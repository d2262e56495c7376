/* Knows how a thread's lane begins, goes on in the next segment, is mended and handed on. */
#include "agent/lane.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/code.h"
#include "agent/dictionary.h"
#include "agent/earlier.h"
#include "agent/extra.h"
#include "agent/greenlets.h"
#include "agent/names.h"
#include "agent/root.h"
#include "agent/trigger.h"
#include "base/clock.h"
#include "model/codec.h"

enum {
    OPEN_CAP_FIRST = 1024,
    NAME_CALLS_MAX = 64,
    HELD_BYTES_FIRST = 1 << 16,
    HELD_BYTES_MAX = 1 << 26,
};

__thread struct lane *lane_self;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct lane *free_lanes, *all_lanes;
static bool over; /* nothing is recorded in this process */
static uint32_t forks, state_of_all;
static struct lane *forked; /* of the thread that forked this process, until it goes on */
static pthread_key_t ends;  /* its destructor tells us that a thread has ended */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *map_memory(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static void lane_end(void *value)
{
    struct lane *l = value;
    lane_self = NULL;
    pthread_mutex_lock(&lock); /* against lane_forget_all: we have no GIL here */
    l->handle = 0;
    if (!lane_is_forgotten(l))
        dictionary_thread_end(l->thread);
    l->next = free_lanes;
    free_lanes = l;
    pthread_mutex_unlock(&lock);
}

static void make_key(void)
{
    pthread_key_create(&ends, lane_end);
}

static struct lane *take_free(void)
{
    pthread_mutex_lock(&lock);
    struct lane *l = free_lanes;
    if (l)
        free_lanes = l->next;
    pthread_mutex_unlock(&lock);
    return l;
}

static struct lane *new_lane(void)
{
    struct lane *l = map_memory(sizeof(*l));
    if (!l)
        return NULL;
    l->open = map_memory(OPEN_CAP_FIRST * sizeof(*l->open));
    if (!l->open) {
        munmap(l, sizeof(*l));
        return NULL;
    }
    l->depth_cap = OPEN_CAP_FIRST;
    pthread_mutex_lock(&lock);
    l->next_all = all_lanes;
    all_lanes = l;
    pthread_mutex_unlock(&lock);
    stream_init(&l->stream, segment_new_stream(), dictionary_stream(), clock_ns());
    return l;
}

static uint32_t count_written(const struct lane *l, uint32_t from)
{
    uint32_t count = 0;
    for (uint32_t i = from; i < l->depth; i++)
        count += (l->open[i].flags & CALL_WRITTEN) != 0;
    return count;
}

/* Whose the events are that follow, and what is open. */
static void put_state(struct lane *l)
{
    uint32_t depth = count_written(l, 0),
             hidden = depth > LANE_OPEN_SHOWN ? depth - LANE_OPEN_SHOWN : 0;
    struct event event = {.kind = EVENT_LANE, .lane = {l->thread, l->stream.last_t_ns, depth}};
    stream_put(&l->stream, &event);
    for (uint32_t i = 0; i < l->depth; i++) {
        if (!(l->open[i].flags & CALL_WRITTEN) || (hidden && hidden--))
            continue;
        event = (struct event){.kind = EVENT_OPEN, .open = {{l->open[i].function}}};
        stream_put(&l->stream, &event);
    }
    event =
        (struct event){.kind = EVENT_TASK, .task = {l->stream.last_t_ns, l->task, {l->task_name}}};
    if (l->task)
        stream_put(&l->stream, &event);
}

int lane_segment(struct lane *l)
{
    if (agent_is_over())
        return -1;
    if ((l->stream.segment && !l->stream.at) || stream_next(&l->stream)) {
        segment_count_lost(1);
        return -1;
    }
    stamp_set(&l->stamp);
    put_state(l);
    return 0;
}

int lane_put(struct lane *l, const struct event *event)
{
    size_t room = (size_t)(l->stream.end - l->stream.at);
    if (room < codec_bytes_max(event) && lane_segment(l))
        return -1;
    return stream_put(&l->stream, event);
}

/* How deep calls are written: so many `levels` in a root that begins at `depth`, if not 0. */
static uint32_t depth_max_of(uint32_t depth, uint32_t levels)
{
    uint64_t limit = agent_config()->max_depth ? agent_config()->max_depth : UINT32_MAX;
    return (uint32_t)(levels && depth + (uint64_t)levels < limit ? depth + levels : limit);
}

static void introduce(struct lane *l, pthread_t handle, pid_t tid, struct text name)
{
    const struct config *config = agent_config();
    if (tid == getpid())
        name = (struct text){"MainThread", 10};
    l->calls_unnamed = name.len_bytes ? UINT32_MAX : 0;
    l->state = state_of_all | (extras_are_active() ? LANE_EXTRAS : 0);
    l->depth_easy = l->calls_unwatched = 0;
    l->depth_max = depth_max_of(0, 0);
    l->due = 0;
    l->rooted = root_is_asked_for();
    l->trigger_ns = trigger_duration_ns();
    l->least_ns = config->min_duration_ns;
    l->handle = handle;
    l->tid = tid;
    l->thread = dictionary_thread((struct thread_id){0}, tid, name, (uint64_t)handle);
}

static void introduce_self(struct lane *l)
{
    introduce(l, pthread_self(), gettid(), (struct text){NULL, 0});
}

uint32_t lane_forks(void)
{
    return forks;
}

uint32_t lane_function_after_fork(const struct lane_call *call)
{
    return call->flags & CALL_NATIVE ? 0 : code_entry((void *)(uintptr_t)call->code) & CODE_ID;
}

void lane_look_closer_all(void)
{
    pthread_mutex_lock(&lock);
    for (struct lane *l = all_lanes; l; l = l->next_all) {
        l->rooted = root_is_asked_for();
        __atomic_store_n(&l->depth_easy, 0, __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(&lock);
}

void lane_set_all(uint32_t state)
{
    pthread_mutex_lock(&lock);
    state_of_all = state;
    for (struct lane *l = all_lanes; l; l = l->next_all) {
        __atomic_and_fetch(&l->state, ~(uint32_t)(LANE_MONITORED | LANE_DEAF), __ATOMIC_RELAXED);
        __atomic_or_fetch(&l->state, state, __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(&lock);
}

/* The segment is the parent's; its mapping goes away with the process. What is open goes on, by the names
 * of this process's dictionary; a C function is not at hand any more, so it has none. */
static struct lane *begin_forked(void)
{
    struct lane *l = forked;
    forked = NULL;
    stream_init(&l->stream, segment_new_stream(), dictionary_stream(), clock_ns());
    for (uint32_t i = 0; i < l->depth; i++) {
        struct lane_call *call = &l->open[i];
        call->function = lane_function_after_fork(call);
    }
    l->own_task = l->task = l->task_depth = l->outer_tasks_len = 0;
    return l;
}

/* One that another thread has left, or a new one. */
static struct lane *begin_fresh(void)
{
    struct lane *l = take_free();
    if (!l)
        l = new_lane();
    if (l) {
        l->earlier = l->depth = l->nested = l->root = l->muted = 0;
        greenlets_forget(l);
    }
    if (l && lane_is_forgotten(l))
        stream_init(&l->stream, segment_new_stream(), dictionary_stream(), clock_ns());
    return l;
}

/* The address that the stack has grown to when an eighth of it is in use. */
static const char *stack_floor(void)
{
    pthread_attr_t attributes;
    void *lowest = NULL;
    size_t bytes = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstack(&attributes, &lowest, &bytes);
        pthread_attr_destroy(&attributes);
    }
    return (const char *)lowest + bytes / 8 * 7;
}

static struct lane *find(pthread_t handle, pid_t tid)
{
    pthread_mutex_lock(&lock);
    struct lane *l = all_lanes;
    while (l && (l->handle != handle || l->tid != tid))
        l = l->next_all;
    pthread_mutex_unlock(&lock);
    return l;
}

/* One that another thread has begun for this one. */
static struct lane *begin_waiting(bool entering)
{
    struct lane *l = forked ? NULL : find(pthread_self(), gettid());
    if (!l || !l->waits)
        return NULL;
    l->stack_floor = stack_floor();
    lane_self = l;
    pthread_setspecific(ends, l);
    return lane_begin_again(l, entering) ? l : NULL;
}

struct lane *lane_begin(bool entering)
{
    pthread_once(&once, make_key);
    if (over || !segment_is_open())
        return NULL;
    struct lane *l = begin_waiting(entering);
    if (l)
        return l;
    l = forked ? begin_forked() : begin_fresh();
    if (!l)
        return NULL;
    l->stack_floor = stack_floor();
    introduce_self(l);
    earlier_open(l, entering);
    if (l->stream.at)
        put_state(l);
    stamp_set(&l->stamp);
    lane_self = l;
    pthread_setspecific(ends, l);
    return l;
}

void lane_fork(bool go_on)
{
    over = !go_on;
    forks++;
    pthread_mutex_init(&lock, NULL);
    free_lanes = NULL;
    forked = all_lanes = lane_self;
    if (forked)
        forked->next_all = NULL;
    lane_self = NULL;
}

void lane_forget_all(void)
{
    pthread_mutex_lock(&lock);
    for (struct lane *l = all_lanes; l; l = l->next_all) {
        segment_leave(l->stream.segment);
        l->stream = (struct stream){0};
        l->depth = l->depth_easy = 0;
        l->calls_unnamed = UINT32_MAX;
        l->waits = false;
        l->state |= LANE_FORGOTTEN;
    }
    pthread_mutex_unlock(&lock);
}

bool lane_begin_again(struct lane *l, bool entering)
{
    if (!segment_is_open()) /* a call that was on its way when the hook was taken away */
        return false;
    if (l->waits) {
        l->waits = false;
        l->state &= ~(uint32_t)LANE_FORGOTTEN;
        stamp_set(&l->stamp);
        earlier_check_all(l, entering);
        return true;
    }
    stream_init(&l->stream, segment_new_stream(), dictionary_stream(), clock_ns());
    greenlets_forget(l);
    introduce_self(l);
    earlier_open(l, entering);
    return true;
}

struct lane *lane_begin_for(pthread_t handle, pid_t tid, struct text name)
{
    struct lane *l = over || !segment_is_open() ? NULL : find(handle, tid);
    if (l && !lane_is_forgotten(l))
        return NULL;
    if (l)
        stream_init(&l->stream, segment_new_stream(), dictionary_stream(), clock_ns());
    else if (!(l = new_lane()))
        return NULL;
    greenlets_forget(l);
    introduce(l, handle, tid, name);
    l->waits = true;
    l->state |= LANE_FORGOTTEN;
    return l;
}

static bool grow(struct lane *l)
{
    size_t bytes = l->depth_cap * sizeof(*l->open);
    void *open = mremap(l->open, bytes, bytes * 2, MREMAP_MAYMOVE);
    if (open == MAP_FAILED)
        return false;
    l->open = open;
    l->depth_cap *= 2;
    return true;
}

bool lane_make_room(struct lane *l)
{
    return l->depth < l->depth_cap || grow(l);
}

/* threading names a thread only after it has begun: try at each of its first calls. */
static void learn_name(struct lane *l)
{
    uint32_t calls = l->calls_unnamed++;
    if (l->state & LANE_BUSY)
        return;
    if (calls >= NAME_CALLS_MAX)
        l->calls_unnamed = UINT32_MAX;
    l->state |= LANE_BUSY;
    char name[NAME_BYTES_MAX];
    size_t len = name_of_thread(name, calls >= NAME_CALLS_MAX);
    if (len) {
        l->calls_unnamed = UINT32_MAX;
        dictionary_thread(l->thread, gettid(), (struct text){name, (uint32_t)len},
                          (uint64_t)pthread_self());
    }
    l->state &= ~(uint32_t)LANE_BUSY;
}

/* Room for one more call, and how far the next ones are easy. False: there is no memory. */
static bool prepare(struct lane *l)
{
    if (l->calls_unnamed != UINT32_MAX)
        learn_name(l);
    if (!greenlets_are_watched(l))
        greenlets_watch(l);
    if (!lane_make_room(l))
        return false;
    bool all = l->calls_unnamed == UINT32_MAX && greenlets_are_watched(l) && !l->least_ns &&
               l->trigger_ns == UINT64_MAX && !lane_is_silent(l);
    l->depth_easy = !all ? 0 : l->depth_cap < l->depth_max ? l->depth_cap : l->depth_max;
    return true;
}

static void put_arguments(struct lane *l, struct text json)
{
    struct event event = {.kind = EVENT_ARGUMENTS, .arguments = {json}};
    lane_put(l, &event);
}

/* Room in `held`. False: there is no memory, or too much is held already. */
static bool hold(struct lane *l, size_t bytes)
{
    void *held = l->held;
    size_t cap = l->held_cap ? l->held_cap : HELD_BYTES_FIRST;
    while (cap < bytes)
        cap *= 2;
    if (cap > HELD_BYTES_MAX)
        return false;
    if (!held)
        held = map_memory(cap);
    else if (cap > l->held_cap)
        held = mremap(l->held, l->held_cap, cap, MREMAP_MAYMOVE);
    if (!held || held == MAP_FAILED)
        return false;
    l->held = held;
    l->held_cap = cap;
    return true;
}

void lane_put_arguments(struct lane *l, struct text json)
{
    struct lane_call *call = &l->open[l->depth - 1];
    if (call->flags & CALL_WRITTEN)
        put_arguments(l, json);
    else if (l->least_ns && hold(l, (size_t)call->held_at + json.len_bytes)) {
        memcpy(l->held + call->held_at, json.data, json.len_bytes);
        call->held_end = call->held_at + json.len_bytes;
    }
}

static void write_call(struct lane *l, struct lane_call *call, uint64_t t_ns)
{
    if (!lane_has_room(l))
        return;
    uint8_t *at =
        lane_put_head_at(l, call->flags & CALL_RESUMED ? EVENT_RESUME : EVENT_ENTER, t_ns);
    lane_commit(l, lane_put_number(at, call->function));
    call->flags |= CALL_WRITTEN;
    if (call->held_end > call->held_at)
        put_arguments(l, (struct text){l->held + call->held_at, call->held_end - call->held_at});
}

/* Those calls that have lasted for long enough by now; they are the outermost ones. */
static void write_due(struct lane *l, uint64_t t_ns)
{
    uint32_t end = l->depth < l->depth_max ? l->depth : l->depth_max;
    for (; l->due < end && t_ns - l->open[l->due].t_ns >= l->least_ns; l->due++)
        if (!(l->open[l->due].flags & CALL_WRITTEN))
            write_call(l, &l->open[l->due], l->open[l->due].t_ns);
}

void lane_begin_root(struct lane *l, const void *code)
{
    l->root = l->depth + 1;
    l->depth_max = depth_max_of(l->depth, code_levels(code));
}

/* Outside of roots: only what is open is kept track of. False: a root begins here. */
static bool stay_silent(struct lane *l, const void *code, uint32_t flags)
{
    if (flags & CALL_ROOT && root_is_due()) {
        lane_begin_root(l, code);
        l->due = l->depth;
        return false;
    }
    l->open[l->depth++] = (struct lane_call){.code = code, .flags = flags & CALL_NATIVE};
    return true;
}

void lane_enter_slowly(struct lane *l, uint8_t kind, const void *code, uint32_t function,
                       uint32_t flags)
{
    bool silent = lane_is_silent(l);
    if (!prepare(l) || (silent && stay_silent(l, code, flags)))
        return;
    uint64_t t_ns = stamp_now(&l->stamp);
    if (l->least_ns) {
        l->due = l->due < l->depth ? l->due : l->depth;
        write_due(l, t_ns);
    }
    flags |= kind == EVENT_RESUME ? CALL_RESUMED : 0;
    flags |= silent || l->trigger_ns != UINT64_MAX ? CALL_TIMED : 0;
    struct lane_call *call = &l->open[l->depth++];
    uint32_t held = l->depth > 1 ? call[-1].held_end : 0;
    *call = (struct lane_call){code, t_ns, function, flags, held, held};
    if (!l->least_ns && (l->depth <= l->depth_max || code_levels(code)))
        write_call(l, call, t_ns);
}

/* What was called in the root, and the root itself, is over. */
static void end_root(struct lane *l)
{
    if (l->depth < l->root)
        l->root = l->depth_easy = 0;
}

void lane_leave_slowly(struct lane *l, uint8_t kind)
{
    if (lane_is_silent(l)) {
        l->depth--;
        return;
    }
    uint64_t t_ns = stamp_now(&l->stamp);
    if (l->least_ns)
        write_due(l, t_ns);
    struct lane_call call = l->open[l->depth - 1];
    if (call.flags & CALL_WRITTEN && lane_has_room(l))
        lane_commit(l, lane_put_head_at(l, kind, t_ns));
    l->depth--;
    if (call.flags & CALL_TIMED && !(call.flags & CALL_NATIVE) && t_ns - call.t_ns >= l->trigger_ns)
        trigger_fire("duration");
    end_root(l);
}

void lane_mute(struct lane *l, bool on)
{
    if (on && !l->muted++)
        l->state |= LANE_BUSY;
    else if (!on && l->muted && !--l->muted)
        l->state &= ~(uint32_t)LANE_BUSY;
}

void lane_end_above(struct lane *l, uint32_t depth)
{
    uint32_t count = count_written(l, depth);
    struct stream *s = &l->stream; /* a segment that begins here still has what was open before */
    if (count && (s->end - s->at >= LANE_CALL_BYTES_MAX || lane_segment(l) == 0)) {
        struct event event = {.kind = EVENT_RESYNC, .resync = {s->last_t_ns, count}};
        stream_put(s, &event);
    }
    l->depth = depth;
    end_root(l);
}

bool lane_resync(struct lane *l, const void *code)
{
    uint32_t at = l->depth;
    while (at && l->open[at - 1].code != code)
        at--;
    if (!at)
        return false; /* it was entered before us */
    lane_end_above(l, at);
    return true;
}
