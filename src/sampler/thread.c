/* One look at one thread: is it worth reading, can it be read as it runs, must it be stopped? What was read
 * becomes a stack id. Does not know which threads there are. */
#include "sampler/thread.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/alloc.h"
#include "sampler/process.h"
#include "sampler/tally.h"

enum {
    UNSETTLED_ONE = 4096,
    UNSETTLED_SHIFT = 6, /* averaged over about 64 reads */
    UNSETTLED_LIMIT =
        100, /* 2.5 % torn: from here on stop the thread for each read, since dropping or
                              * retrying torn reads alone would favour the stacks that hold still */
    UNSETTLED_PROBE = 32,     /* then every so many looks try again without */
    GIL_BYTES = 216,          /* struct _gil_runtime_state, Include/internal/pycore_gil.h */
    STATUS_ACTIVE = 1 << 4,   /* PyThreadState._status.active, 3.12+ */
    KEEP_SEIZED_NS = 2500000, /* a next look sooner than this is worth staying seized */
    IDENTITIES = 2,
};

enum { EXTRA_GC, EXTRA_CURRENT, EXTRA_IDENTITY }; /* places in walk.extras */

struct step {
    struct frame_id frame;
    struct stack_id stack;
};

struct thread *thread_new(struct process *p, uint64_t tstate, pid_t tid)
{
    struct thread *t = alloc_zeroed(1, sizeof(*t));
    *t = (struct thread){.tstate = tstate, .tid = tid};
    freeze_init(&t->freeze, tid);
    walk_init(&t->walk);
    vec_init(&t->path, sizeof(struct step));
    if (thread_stat_open(&t->stat, p->pid, tid)) {
        thread_free(t);
        return NULL;
    }
    return t;
}

void thread_free(struct thread *t)
{
    if (!t)
        return;
    freeze_release(&t->freeze);
    thread_stat_close(&t->stat);
    walk_release(&t->walk);
    vec_release(&t->path);
    free(t);
}

/* What is read along with the stack: is the collector running, who holds the GIL (≤ 3.11) or has any code
 * object died (3.14+), and the identities of the two innermost codes that were there last. */
static void ask_extras(const struct process *p, struct thread *t)
{
    const struct layout *l = &p->runtime.layout;
    struct walk_extra *extras = t->walk.extras;
    uint64_t gc = layout_has(l->runtime_gc_collecting)
                      ? p->runtime.address + l->runtime_gc_collecting
                      : t->interp + l->interp_gc + l->gc_collecting;
    extras[EXTRA_GC] = (struct walk_extra){.address = gc, .len_bytes = 4};
    uint64_t current =
        layout_has(l->runtime_tstate_current)   ? p->runtime.address + l->runtime_tstate_current
        : layout_has(l->interp_code_generation) ? t->interp + l->interp_code_generation
                                                : t->tstate;
    extras[EXTRA_CURRENT] = (struct walk_extra){.address = current, .len_bytes = 8};
    t->walk.extras_len = EXTRA_IDENTITY;
    const struct walk_frame *frames = t->walk.frames.data;
    for (size_t i = 0; i < t->walk.frames.len && t->walk.extras_len < EXTRA_IDENTITY + IDENTITIES;
         i++)
        if (frames[i].python) {
            struct walk_extra *extra = &extras[t->walk.extras_len++];
            code_identity_range(p->codes, frames[i].code, &extra->address, &extra->len_bytes);
        }
}

static uint64_t extra_u64(const struct walk_extra *extra)
{
    uint64_t value;
    memcpy(&value, extra->bytes, sizeof(value));
    return value;
}

/* Checks cached codes against what came along with the stack. */
static void confirm_codes(struct process *p, struct thread *t, uint64_t now_ns,
                          const uint64_t *codes)
{
    const struct layout *l = &p->runtime.layout;
    if (layout_has(l->interp_code_generation)) {
        uint64_t generation = extra_u64(&t->walk.extras[EXTRA_CURRENT]);
        if (generation != p->code_generation)
            code_cache_doubt(p->codes);
        p->code_generation = generation;
    }
    for (size_t i = EXTRA_IDENTITY; i < t->walk.extras_len; i++)
        code_cache_confirm(p->codes, codes[i - EXTRA_IDENTITY], t->walk.extras[i].bytes, now_ns);
}

static enum rd read_stack(struct process *p, struct thread *t, enum walk_mode mode, uint64_t now_ns)
{
    uint64_t codes[IDENTITIES] = {0};
    size_t n = 0;
    const struct walk_frame *frames = t->walk.frames.data;
    for (size_t i = 0; i < t->walk.frames.len && n < IDENTITIES; i++)
        if (frames[i].python)
            codes[n++] = frames[i].code;
    ask_extras(p, t);
    enum rd rd = walk_read(&t->walk, p->mem, &p->runtime.layout, t->tstate, mode);
    if (rd == RD_OK)
        confirm_codes(p, t, now_ns, codes);
    return rd;
}

/* Stops the thread, reads, lets it go. */
static enum rd read_frozen(struct process *p, struct thread *t, uint64_t now_ns)
{
    enum rd rd = freeze_stop(&t->freeze);
    if (rd == RD_DENIED)
        p->freezable = false;
    if (rd != RD_OK)
        return rd;
    rd = read_stack(p, t, WALK_FROZEN, now_ns);
    if (sampler_options(p->sampler)->freeze != SAMPLER_FREEZE_ALL)
        freeze_thaw(&t->freeze, sampler_options(p->sampler)->period_ns <= KEEP_SEIZED_NS);
    sampler_tally(p->sampler)->frozen++;
    return rd;
}

/* The stack id of frames[from …] (the outermost part), reusing the ids of the last stack as far as it is
 * the same. RD_TORN: a code object is none. */
static enum rd name_stack(struct process *p, struct thread *t, size_t from, uint64_t now_ns)
{
    const struct walk_frame *frames = t->walk.frames.data;
    struct dictionary *d = sampler_dictionary(p->sampler);
    size_t n = t->walk.frames.len;
    enum rd rd = code_cache_prepare(p->codes, frames + from, n - from, now_ns);
    if (rd != RD_OK)
        return rd;
    if (t->path_epoch != code_cache_epoch(p->codes)) {
        vec_clear(&t->path);
        t->path_epoch = code_cache_epoch(p->codes);
    }
    struct stack_id stack = {0};
    size_t depth = 0;
    if (sampler_options(p->sampler)->async)
        stack = process_tasks_stack(p, t);
    bool same = stack.i == 0;
    for (size_t i = n; i-- > from;) {
        struct frame_id frame;
        if (!frames[i].python || !code_cache_frame(p->codes, &frames[i], &frame))
            continue;
        if (t->path.len == depth)
            vec_push(&t->path);
        struct step *step = vec_at(&t->path, depth++);
        same = same && step->frame.i == frame.i && step->stack.i;
        if (!same)
            *step = (struct step){frame, dictionary_stack(d, stack, frame)};
        stack = step->stack;
    }
    vec_resize(&t->path, depth);
    t->stack = stack;
    return RD_OK;
}

static bool holds_gil(const struct process *p, const struct thread *t)
{
    const struct layout *l = &p->runtime.layout;
    if (layout_has(l->runtime_tstate_current))
        return extra_u64(&t->walk.extras[EXTRA_CURRENT]) == t->tstate;
    if (layout_has(l->tstate_holds_gil) && !l->free_threaded)
        return walk_tstate_u32(&t->walk, l->tstate_holds_gil) != 0;
    return walk_tstate_u32(&t->walk, l->tstate_status) & STATUS_ACTIVE;
}

static uint32_t state_of(const struct process *p, const struct thread *t)
{
    uint32_t state = t->stat.running ? SAMPLE_ON_CPU : 0, collecting;
    memcpy(&collecting, t->walk.extras[EXTRA_GC].bytes, sizeof(collecting));
    if (holds_gil(p, t)) {
        state |= SAMPLE_GIL_HELD;
        if (collecting)
            state |= SAMPLE_GC;
    } else if (!t->stat.running && t->stat.syscall == SYS_futex && t->gil &&
               t->stat.argument - t->gil < GIL_BYTES) {
        state |= SAMPLE_GIL_WAIT;
    }
    return state;
}

static bool must_freeze(const struct process *p, const struct thread *t)
{
    if (!p->freezable || sampler_options(p->sampler)->freeze == SAMPLER_FREEZE_NEVER)
        return false;
    return t->unsettled > UNSETTLED_LIMIT && t->looks % UNSETTLED_PROBE != 0;
}

static void settle(struct thread *t, bool torn)
{
    uint32_t target = torn ? UNSETTLED_ONE : 0;
    t->unsettled += ((int32_t)target - (int32_t)t->unsettled) / (1 << UNSETTLED_SHIFT);
}

/* Reads the stack of a thread that may be running, and says whether it was. */
static enum rd read_running(struct process *p, struct thread *t, uint64_t now_ns, bool *ret_frozen)
{
    enum sampler_freeze freeze = sampler_options(p->sampler)->freeze;
    *ret_frozen = false;
    bool look_first = must_freeze(p, t) || freeze == SAMPLER_FREEZE_ALL;
    if (look_first && t->freeze.state != FREEZE_STOPPED)
        thread_stat_look(&t->stat);
    if (t->freeze.state == FREEZE_STOPPED)
        return read_stack(p, t, WALK_FROZEN, now_ns);
    if (look_first && t->stat.running && freeze != SAMPLER_FREEZE_ALL) {
        enum rd rd = read_frozen(p, t, now_ns);
        *ret_frozen = rd == RD_OK;
        if (rd != RD_DENIED && rd != RD_TORN)
            return rd;
    }
    enum rd rd = read_stack(p, t, WALK_VERIFIED, now_ns);
    settle(t, rd == RD_TORN);
    if (rd == RD_OK && t->walk.moved) {
        t->stat.running = true;
        t->stat.syscall = -1;
    } else if (!look_first && thread_stat_look(&t->stat) == RD_DENIED) {
        t->stat.running = true;
    }
    if (rd == RD_TORN && p->freezable && freeze == SAMPLER_FREEZE_MOVING) {
        rd = read_frozen(p, t, now_ns);
        *ret_frozen = rd == RD_OK;
    }
    return rd;
}

enum thread_verdict thread_sample(struct process *p, struct thread *t, uint64_t now_ns)
{
    bool ran = true, frozen = false;
    t->looks++;
    if (t->sampled && !t->stat.running) {
        if (thread_stat_ran(&t->stat, &ran) == RD_GONE)
            return THREAD_GONE;
        if (!ran && t->baseline && t->path_epoch == code_cache_epoch(p->codes))
            return THREAD_SAMPLED;
        t->baseline = true;
    } else {
        t->baseline = false;
    }
    enum rd rd = read_running(p, t, now_ns, &frozen);
    t->sampled = false;
    if (rd == RD_GONE)
        return THREAD_GONE;
    size_t from = rd == RD_OK ? 0 : t->walk.frames.len - t->walk.trusted;
    if (rd != RD_OK && from == t->walk.frames.len)
        return THREAD_TORN;
    if (name_stack(p, t, from, now_ns) != RD_OK)
        return THREAD_INVALID;
    t->state = state_of(p, t) | (frozen ? SAMPLE_FROZEN : 0);
    t->sampled = rd == RD_OK;
    if (rd == RD_OK)
        return THREAD_SAMPLED;
    t->state |= SAMPLE_TRUNCATED;
    return THREAD_TRUNCATED;
}
