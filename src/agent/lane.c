/* Knows how a thread's lane begins, goes on in the next segment, is mended and handed on. */
#include "agent/lane.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/code.h"
#include "agent/dictionary.h"
#include "agent/names.h"
#include "base/clock.h"

enum { OPEN_CAP_FIRST = 1024, NAME_CALLS_MAX = 64 };

__thread struct lane *lane_self __attribute__((tls_model("initial-exec")));

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct lane *free_lanes, *all_lanes;
static bool over;           /* nothing is recorded in this process */
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

/* How many of the outermost `depth` calls are written. */
static uint32_t written(const struct lane *l, uint32_t depth)
{
    return depth < l->depth_max ? depth : l->depth_max;
}

/* Whose the events are that follow, and what is open. */
static void put_state(struct lane *l)
{
    uint32_t depth = written(l, l->depth);
    struct event event = {.kind = EVENT_LANE, .lane = {l->thread, l->stream.last_t_ns, depth}};
    stream_put(&l->stream, &event);
    uint32_t from = depth > LANE_OPEN_SHOWN ? depth - LANE_OPEN_SHOWN : 0;
    for (uint32_t i = from; i < depth; i++) {
        event = (struct event){.kind = EVENT_OPEN, .open = {{l->open[i].function}}};
        stream_put(&l->stream, &event);
    }
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

static void introduce(struct lane *l)
{
    bool is_main = gettid() == getpid();
    struct text name = is_main ? (struct text){"MainThread", 10} : (struct text){NULL, 0};
    l->calls_unnamed = is_main ? UINT32_MAX : 0;
    l->depth_max = agent_config()->depth_max ? agent_config()->depth_max : UINT32_MAX;
    l->thread = dictionary_thread((struct thread_id){0}, gettid(), name, (uint64_t)pthread_self());
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
        call->function = call->native ? 0 : code_entry((void *)(uintptr_t)call->code) & CODE_ID;
    }
    return l;
}

/* One that another thread has left, or a new one. */
static struct lane *begin_fresh(void)
{
    pthread_once(&once, make_key);
    struct lane *l = take_free();
    if (!l)
        l = new_lane();
    if (l)
        l->depth = l->nested = 0;
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

struct lane *lane_begin(void)
{
    struct lane *l = over ? NULL : forked ? begin_forked() : begin_fresh();
    if (!l)
        return NULL;
    l->depth_easy = 0;
    l->stack_floor = stack_floor();
    l->profiled = false;
    introduce(l);
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
        l->thread = (struct thread_id){0};
    }
    pthread_mutex_unlock(&lock);
}

void lane_begin_again(struct lane *l)
{
    stream_init(&l->stream, segment_new_stream(), dictionary_stream(), clock_ns());
    introduce(l);
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

/* threading names a thread only after it has begun: try at some of its first calls. */
static void learn_name(struct lane *l)
{
    uint32_t calls = l->calls_unnamed++;
    if (l->busy || (calls & (calls - 1)))
        return;
    if (calls >= NAME_CALLS_MAX)
        l->calls_unnamed = UINT32_MAX;
    l->busy = true;
    char name[NAME_BYTES_MAX];
    size_t len = name_of_thread(name, calls >= NAME_CALLS_MAX);
    if (len) {
        l->calls_unnamed = UINT32_MAX;
        dictionary_thread(l->thread, gettid(), (struct text){name, (uint32_t)len},
                          (uint64_t)pthread_self());
    }
    l->busy = false;
}

bool lane_prepare(struct lane *l)
{
    if (l->calls_unnamed != UINT32_MAX)
        learn_name(l);
    bool room = l->depth < l->depth_cap || grow(l);
    l->depth_easy = l->calls_unnamed == UINT32_MAX ? l->depth_cap : 0;
    return room;
}

bool lane_resync(struct lane *l, const void *code)
{
    uint32_t at = l->depth;
    while (at && l->open[at - 1].code != code)
        at--;
    if (!at)
        return false; /* it was entered before us */
    uint32_t count = written(l, l->depth) - written(l, at);
    struct stream *s = &l->stream; /* a segment that begins here still has what was open before */
    if (count && (s->end - s->at >= LANE_CALL_BYTES_MAX || lane_segment(l) == 0)) {
        struct event event = {.kind = EVENT_RESYNC, .resync = {s->last_t_ns, count}};
        stream_put(s, &event);
    }
    l->depth = at;
    return true;
}
