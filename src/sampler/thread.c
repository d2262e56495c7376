/* One look at one thread: is it worth reading, can it be read as it runs, must it be stopped? What was read
 * becomes a stack id. Does not know which threads there are. */
#include "sampler/thread.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cpython/gil.h"
#include "sampler/process.h"
#include "sampler/roster.h"
#include "sampler/tally.h"

enum {
    UNSETTLED_ONE = 1 << 16,
    UNSETTLED_SHIFT = 7,                       /* averaged over about 128 reads */
    UNSETTLED_LIMIT = UNSETTLED_ONE / 40,      /* 2.5 % torn: see is_unsettled */
    UNSETTLED_LIMIT_FAST = UNSETTLED_ONE / 20, /* 5 % */
    UNSETTLED_LITTLE = UNSETTLED_ONE / 256,
    UNSETTLED_AT_FIRST = UNSETTLED_ONE / 4, /* until it has shown that it is not … */
    UNSETTLED_FIRST_LOOKS =
        2048,             /* … for which each look gives a chance, unless looks are rare … */
    FEW_THREADS = 8,      /* … and threads are more than this */
    UNSETTLED_PROBE = 16, /* then every so many looks see whether that is still so … */
    UNSETTLED_PROBE_FAST = 128, /* … where they are frequent */
    SLOW_TRIES = 8,             /* to get through a read without being interrupted */
    CONFIRMS = 4,
    WAKE_NS = 50 * NS_PER_US,
    NAME_TRIES = 3, /* for a stack whose code objects die while they are read */
    LINGER_NS = 10 * NS_PER_US,
    LINGER_PROBED_NS = 1 * NS_PER_US, /* with more, shares are the same */
    TORN_TRIES = 2,                   /* more, where the thread must not be stopped */
    ASLEEP_NS = 1 * NS_PER_MS, /* so long after a look nothing that it needs is at hand any more */
    KEEP_SEIZED_NS = 2500000,  /* a next look sooner than this is worth staying seized … */
    LET_GO_NS = 100000000,     /* … unless none has stopped it for so long */
    IDENTITIES = THREAD_INNER_CODES,
    OUTER_FRESH_NS = 250 * NS_PER_MS, /* where the inner codes are checked at every look */
};

/* One frame of the last stack: what was read, and what became of it. */
struct step {
    uint64_t code, instr;
    uint32_t tlbc_index, code_version;
    struct stack_id stack; /* up to here; that of its caller if it is not shown */
};

struct thread *thread_new(const struct process *p, const struct threads_entry *entry, pid_t tid)
{
    struct thread *t = alloc_zeroed(1, sizeof(*t));
    *t = (struct thread){.tstate = entry->tstate,
                         .interp = entry->interp,
                         .interp_id = entry->interp_id,
                         .ident = entry->ident,
                         .unique = entry->unique,
                         .gil = entry->gil,
                         .tid = tid};
    freeze_init(&t->freeze, tid);
    t->probed = probe_thread(p->pid, tid);
    t->unsettled = UNSETTLED_AT_FIRST;
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
    str_release(&t->name);
    free(t);
}

/* What is read along with the stack, in this order. */
struct asked {
    const struct walk_extra *gc; /* is the collector running? */
    const struct walk_extra
        *current; /* ≤ 3.11: who holds the GIL? 3.14+: has any code object died? */
    const struct walk_extra *heads; /* ROSTER_HEADS of them, if they are due: new threads? */
    size_t identities; /* index of the first part of the innermost codes that were there last */
    size_t parts[IDENTITIES]; /* how many of each */
};

static const struct walk_extra *ask(struct thread *t, uint64_t address, uint32_t len_bytes)
{
    struct walk_extra *extra = &t->walk.extras[t->walk.extras_len++];
    *extra = (struct walk_extra){.address = address, .len_bytes = len_bytes};
    return extra;
}

/* Not where their versions come along anyway, or it is told when any code object dies. */
static void ask_identities(const struct process *p, struct thread *t, uint64_t now_ns, bool probing,
                           struct asked *asked)
{
    const struct layout *l = &p->runtime.layout;
    if ((probing && layout_has(l->code_version)) || layout_has(l->interp_code_generation))
        return;
    for (size_t i = 0; i < IDENTITIES && t->inner_codes[i]; i++) {
        struct code_part parts[CODE_PARTS];
        asked->parts[i] = code_identity_due(p->codes, t->inner_codes[i], now_ns, parts);
        for (size_t part = 0; part < asked->parts[i]; part++)
            ask(t, parts[part].address, parts[part].len_bytes);
    }
}

static void ask_extras(const struct process *p, struct thread *t, uint64_t now_ns, bool probing,
                       struct asked *ret_asked)
{
    const struct layout *l = &p->runtime.layout;
    *ret_asked = (struct asked){0};
    t->walk.extras_len = 0;
    ret_asked->gc =
        ask(t,
            layout_has(l->runtime_gc_collecting) ? p->runtime.address + l->runtime_gc_collecting
                                                 : t->interp + l->interp_gc + l->gc_collecting,
            4);
    if (layout_has(l->runtime_tstate_current))
        ret_asked->current = ask(t, p->runtime.address + l->runtime_tstate_current, 8);
    else if (layout_has(l->interp_code_generation))
        ret_asked->current = ask(t, t->interp + l->interp_code_generation, 8);
    uint64_t heads[ROSTER_HEADS];
    if (roster_heads_due(p, now_ns, heads)) {
        ret_asked->heads = ask(t, heads[0], 8);
        ask(t, heads[1], 8);
    }
    ret_asked->identities = t->walk.extras_len;
    ask_identities(p, t, now_ns, probing, ret_asked);
}

static uint64_t extra_u64(const struct walk_extra *extra)
{
    uint64_t value;
    memcpy(&value, extra->bytes, sizeof(value));
    return value;
}

/* Checks cached codes against what came along with the stack. */
static void confirm_codes(struct process *p, struct thread *t, uint64_t now_ns,
                          const struct asked *asked)
{
    if (asked->current && layout_has(p->runtime.layout.interp_code_generation)) {
        uint64_t generation = extra_u64(asked->current);
        if (generation != p->code_generation || t->interp != p->code_interp)
            code_cache_doubt(p->codes);
        p->code_generation = generation;
        p->code_interp = t->interp;
    }
    const struct walk_extra *extra = &t->walk.extras[asked->identities];
    for (size_t i = 0; i < IDENTITIES; i++) {
        uint8_t identity[CODE_IDENTITY_BYTES_MAX], *at = identity;
        for (size_t part = 0; part < asked->parts[i]; part++, extra++) {
            memcpy(at, extra->bytes, extra->len_bytes);
            at += extra->len_bytes;
        }
        if (asked->parts[i])
            code_cache_confirm(p->codes, t->inner_codes[i], identity, now_ns);
    }
}

/* What came along with the stack. */
static void hear_extras(struct process *p, struct thread *t, uint64_t now_ns,
                        const struct asked *asked)
{
    confirm_codes(p, t, now_ns, asked);
    if (asked->heads) {
        const uint64_t heads[ROSTER_HEADS] = {extra_u64(asked->heads), extra_u64(asked->heads + 1)};
        roster_heads_seen(p, heads, now_ns);
    }
}

/* By the probe, if given, else as `mode` says. */
static enum rd read_stack_by(struct process *p, struct thread *t, struct probe *probe,
                             enum walk_mode mode, uint64_t now_ns)
{
    const struct layout *l = &p->runtime.layout;
    struct asked asked;
    ask_extras(p, t, now_ns, probe != NULL, &asked);
    enum rd rd = probe ? walk_probe(&t->walk, probe, &t->probed, l, t->tstate)
                       : walk_read(&t->walk, p->mem, l, t->tstate, mode);
    if (rd == RD_OK)
        hear_extras(p, t, now_ns, &asked);
    else /* their memory may be gone, and then nothing could be read along with it */
        memset(t->inner_codes, 0, sizeof(t->inner_codes));
    uint32_t collecting;
    memcpy(&collecting, asked.gc->bytes, sizeof(collecting));
    t->collecting = collecting != 0;
    t->current = asked.current ? extra_u64(asked.current) : 0;
    return rd;
}

static enum rd read_stack(struct process *p, struct thread *t, enum walk_mode mode, uint64_t now_ns)
{
    return read_stack_by(p, t, NULL, mode, now_ns);
}

static enum sampler_freeze freeze_option(const struct process *p)
{
    return sampler_options(p->sampler)->freeze;
}

/* May a thread that moves too fast be interrupted or stopped, and does that work? */
static bool may_interfere(const struct process *p)
{
    return (p->freezable || p->probeable) && freeze_option(p) == SAMPLER_FREEZE_MOVING;
}

/* Are looks so frequent that it matters what each costs? */
static bool is_fast(const struct process *p)
{
    return sampler_options(p->sampler)->period_ns <= KEEP_SEIZED_NS;
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
    freeze_thaw(&t->freeze, is_fast(p) && !p->probeable); /* probes make stops rare */
    t->thawed_ns = clock_ns();
    return rd;
}

/* At one moment, as it runs. Not where looks are rare and threads take turns: one that has just begun stands elsewhere
 * than expected, on another CPU, and takes several probes or one stop. */
static enum rd read_probed(struct process *p, struct thread *t, uint64_t now_ns)
{
    if (!is_fast(p) && p->threads.len > 1)
        return RD_DENIED;
    struct probe *probe = p->probeable ? sampler_probe(p->sampler) : NULL;
    p->probeable = probe != NULL;
    if (!probe)
        return RD_DENIED;
    enum rd rd = read_stack_by(p, t, probe, WALK_FROZEN, now_ns);
    if (rd == RD_DENIED)
        p->probeable = false;
    if (rd != RD_OK)
        return rd;
    t->stat.running = true;
    t->stat.syscall = -1;
    t->thawed_ns = clock_ns();
    return rd;
}

/* How many frames, from the outermost inwards, stand where they stood at the last look. */
static size_t unchanged(const struct thread *t, size_t from)
{
    const struct walk_frame *frames = t->walk.frames.data;
    const struct step *path = t->path.data;
    size_t n = t->walk.frames.len, same = 0;
    while (same < n - from && same < t->path.len) {
        const struct walk_frame *frame = &frames[n - 1 - same];
        const struct step *step = &path[same];
        bool versions = frame->code_version && step->code_version;
        if (step->code != frame->code || step->instr != frame->instr ||
            step->tlbc_index != frame->tlbc_index ||
            (versions && step->code_version != frame->code_version))
            break;
        same++;
    }
    return same;
}

/* Does the frame frames[from + index] still run? If its code object died while it was being read, all that was read
 * is worth nothing. */
static bool is_still_there(struct process *p, struct thread *t, size_t from, size_t index)
{
    if (index == SIZE_MAX)
        return true;
    size_t wanted = t->walk.frames.len - from - index;
    walk_confirm(&t->walk, p->mem, &p->runtime.layout);
    bool there = t->walk.trusted >= wanted;
    if (!there)
        code_cache_doubt(p->codes);
    return there;
}

/* Knows and checks the codes of the stack: of all of it now and then, else of the part that changed. */
static enum rd prepare_codes(struct process *p, struct thread *t, size_t from, size_t changed,
                             uint64_t now_ns)
{
    const struct walk_frame *frames = t->walk.frames.data;
    uint64_t due_ns = code_cache_due_ns(p->codes);
    bool versions = t->walk.frames.len > from && frames[from].code_version;
    uint64_t fresh_ns = versions ? OUTER_FRESH_NS : CODE_FRESH_NS;
    bool all = t->path_doubts != code_cache_doubts(p->codes) ||
               (due_ns != CODE_UNTIL_DOUBTED && t->path_checked_ns + fresh_ns < now_ns);
    enum rd rd = code_cache_prepare(p->codes, frames + from, changed, due_ns, now_ns);
    if (rd == RD_OK && !is_still_there(p, t, from, code_cache_learnt(p->codes)))
        rd = RD_TORN;
    if (rd != RD_OK || !all)
        return rd;
    t->path_doubts = code_cache_doubts(p->codes);
    t->path_checked_ns = now_ns;
    return code_cache_prepare(p->codes, frames + from, t->walk.frames.len - from, CODE_FRESH_NS / 2,
                              now_ns);
}

static void keep_inner_codes(struct thread *t, size_t from)
{
    const struct walk_frame *frames = t->walk.frames.data;
    size_t inner = 0;
    memset(t->inner_codes, 0, sizeof(t->inner_codes));
    for (size_t i = from; i < t->walk.frames.len && inner < IDENTITIES; i++)
        if (frames[i].python)
            t->inner_codes[inner++] = frames[i].code;
}

/* The stack id of frames[from …] (the outermost part), reusing the ids of the last stack as far as it is
 * the same. RD_TORN: a code object is none. */
static enum rd name_stack(struct process *p, struct thread *t, size_t from, uint64_t now_ns)
{
    const struct walk_frame *frames = t->walk.frames.data;
    size_t n = t->walk.frames.len, same = unchanged(t, from);
    enum rd rd = prepare_codes(p, t, from, n - from - same, now_ns);
    if (rd != RD_OK)
        return rd;
    struct stack_id stack = {0};
    if (t->path_epoch != code_cache_epoch(p->codes) ||
        t->path_replaced != code_cache_replaced(p->codes) || sampler_options(p->sampler)->async) {
        same = 0;
        t->path_epoch = code_cache_epoch(p->codes);
        t->path_replaced = code_cache_replaced(p->codes);
        rd = code_cache_prepare(p->codes, frames + from, n - from, code_cache_due_ns(p->codes),
                                now_ns);
        if (rd != RD_OK)
            return rd;
        if (sampler_options(p->sampler)->async)
            stack = process_tasks_stack(p, t);
    }
    keep_inner_codes(t, from);
    vec_resize(&t->path, n - from);
    struct step *path = t->path.data;
    if (same)
        stack = path[same - 1].stack;
    for (size_t depth = same; depth < n - from; depth++) {
        const struct walk_frame *frame = &frames[n - 1 - depth];
        struct frame_id id;
        if (frame->python && code_cache_frame(p->codes, frame, &id))
            stack = dictionary_stack(sampler_dictionary(p->sampler), stack, id);
        path[depth] =
            (struct step){frame->code, frame->instr, frame->tlbc_index, frame->code_version, stack};
    }
    t->stack = stack;
    return RD_OK;
}

static bool holds_gil(const struct process *p, const struct thread *t)
{
    return gil_held(&p->runtime.layout, &t->walk, t->tstate, t->current);
}

static uint32_t state_of(const struct process *p, const struct thread *t)
{
    uint32_t state = t->stat.running ? SAMPLE_ON_CPU : 0;
    if (holds_gil(p, t)) {
        state |= SAMPLE_GIL_HELD;
        if (t->collecting)
            state |= SAMPLE_GC;
    } else if (!t->stat.running && gil_awaited(t->gil, t->stat.syscall, t->stat.argument)) {
        state |= SAMPLE_GIL_WAIT;
    }
    return state;
}

/* After a sleep a read takes longer than an interrupt, which takes the thread itself half a percent at most here. */
static bool is_probed_always(const struct process *p)
{
    return p->probeable && is_fast(p) && sampler_options(p->sampler)->period_ns >= ASLEEP_NS;
}

/* Reading a thread as it runs favours the stacks that hold still, by at most the share of reads that are torn.
 * Stopping it for each read favours none, but costs five times as much. Where looks are rare that is nothing, so little
 * is tolerated; where they are frequent, more. */
static bool is_unsettled(const struct process *p, const struct thread *t)
{
    if (is_probed_always(p))
        return true;
    /* Frames that are heap objects (≤ 3.10) take many reads, long enough for a short loop to come round. */
    bool tight = p->runtime.layout.instr == LAYOUT_POINTER;
    return t->unsettled > (tight && is_fast(p) ? UNSETTLED_LIMIT_FAST : UNSETTLED_LIMIT);
}

/* Whoever interrupted us may have taken the thread's CPU too, and then it stood: what is read after that counts only
 * if it is torn. */
static void settle(struct thread *t, bool torn)
{
    if (t->disturbed && !torn)
        return;
    uint32_t share = 1u << UNSETTLED_SHIFT;
    t->unsettled -= (t->unsettled + share - 1) / share; /* down to none */
    if (torn)
        t->unsettled += UNSETTLED_ONE / share;
}

/* Too short to sleep. */
static void spin(uint64_t for_ns)
{
    uint64_t until_ns = clock_ns() + for_ns;
    while (clock_ns() < until_ns)
        ;
}

/* Some random time. */
static void linger(struct thread *t, uint64_t most_ns)
{
    t->chance = t->chance * 6364136223846793005u + 1442695040888963407u; /* Knuth, MMIX */
    spin((t->chance >> 32) % most_ns);
}

/* Two reads can be torn alike: hardly ever where none is torn otherwise, but else a third must agree, and more
 * of them where the thread must not be stopped. What the last ones agree on is trusted. */
static enum rd confirm(struct process *p, struct thread *t, int times)
{
    enum rd rd = RD_OK;
    size_t trusted = t->walk.trusted;
    for (int i = 0; i < times && rd != RD_GONE; i++) {
        if (times > 1) /* a loop can fall in step with reads that follow at once */
            linger(t, LINGER_NS);
        enum rd again = walk_confirm(&t->walk, p->mem, &p->runtime.layout);
        if (t->walk.trusted < trusted)
            trusted = t->walk.trusted;
        if (again != RD_OK)
            rd = again;
    }
    t->walk.trusted = trusted;
    return rd;
}

/* Reads it as it runs, again if we were interrupted. */
static enum rd read_running(struct process *p, struct thread *t, uint64_t now_ns, int tries)
{
    enum rd rd = read_stack(p, t, WALK_VERIFIED, now_ns);
    t->disturbed = t->walk.slow;
    for (int i = 1; rd == RD_TORN && t->walk.slow && i < tries; i++)
        rd = read_stack(p, t, WALK_AGAIN, now_ns);
    return rd;
}

/* Now and then an unsettled thread is read as it runs, only to see whether that would do again. */
static void reconsider(struct process *p, struct thread *t, uint64_t now_ns)
{
    if (is_probed_always(p))
        return;
    bool new = t->looks < UNSETTLED_FIRST_LOOKS && (is_fast(p) || p->threads.len <= FEW_THREADS);
    bool flat_out = sampler_options(p->sampler)->period_ns < WAKE_NS;
    if (t->looks % (is_fast(p) ? UNSETTLED_PROBE_FAST : UNSETTLED_PROBE) != 0 && !new)
        return;
    if (flat_out)
        spin(WAKE_NS); /* it may still be waking from the last stop, and would seem calm */
    enum rd rd = read_running(p, t, now_ns, TORN_TRIES);
    if (rd == RD_TORN && t->walk.slow) /* nobody knows */
        return;
    settle(t, rd == RD_TORN || (t->walk.moved && confirm(p, t, 2) == RD_TORN));
}

/* A thread that runs and is on no CPU stands still, and is read as it stands. */
static bool waits_for_cpu(struct process *p, struct thread *t, uint64_t now_ns)
{
    return read_running(p, t, now_ns, 1) == RD_OK && !t->walk.moved && confirm(p, t, 1) == RD_OK;
}

/* A thread that moves too fast is read at one moment, so that none of its stacks is favoured: by a probe, or stopped.
 * The only thread is most likely found where it ran last; else it is cheaper to ask whether one runs. */
static enum rd read_unsettled(struct process *p, struct thread *t, uint64_t now_ns,
                              bool *ret_frozen)
{
    bool alone = p->probeable && p->threads.len == 1 && t->stat.running;
    enum rd rd = alone ? RD_OK : thread_stat_look(&t->stat);
    if (rd != RD_OK || t->stat.running) {
        reconsider(p, t, now_ns);
        /* A loop can fall in step with stops, or with interrupts, that follow at once. */
        bool recent = (int64_t)(now_ns - t->thawed_ns) < LINGER_NS;
        if (recent && clock_ns() - t->thawed_ns < LINGER_NS)
            linger(t, p->probeable ? LINGER_PROBED_NS : LINGER_NS);
        enum rd probed = read_probed(p, t, now_ns);
        if (probed == RD_OK)
            return RD_OK;
        if (alone)
            rd = thread_stat_look(&t->stat);
        if (probed == RD_AWAY && t->stat.running && waits_for_cpu(p, t, now_ns))
            return RD_OK;
    }
    if (rd != RD_OK || t->stat.running) {
        rd = read_frozen(p, t, now_ns);
        *ret_frozen = rd == RD_OK;
        if (rd == RD_OK || rd == RD_GONE)
            return rd;
    }
    /* It blocks, so it holds still; or it cannot be stopped, and must be believed only if it does. */
    rd = read_running(p, t, now_ns, SLOW_TRIES);
    if (rd == RD_OK && (t->stat.running || t->walk.moved))
        rd = confirm(p, t, CONFIRMS);
    if (rd == RD_TORN) { /* it has just gone on */
        enum rd stopped = read_frozen(p, t, now_ns);
        *ret_frozen = stopped == RD_OK;
        rd = stopped == RD_DENIED ? rd : stopped;
    }
    return rd;
}

/* A thread that is read as it runs; stopped only where that failed. */
static enum rd read_settled(struct process *p, struct thread *t, uint64_t now_ns, bool *ret_frozen)
{
    bool may_freeze = may_interfere(p);
    bool tight = p->runtime.layout.instr == LAYOUT_POINTER;
    enum rd rd = read_running(p, t, now_ns, SLOW_TRIES);
    for (int i = 0; rd == RD_TORN && !may_freeze && i < TORN_TRIES; i++)
        rd = read_running(p, t, now_ns, SLOW_TRIES);
    bool moved = t->walk.moved;
    if ((t->unsettled || !tight) && (moved || rd == RD_TORN) && (rd == RD_OK || !may_freeze))
        rd = confirm(p, t,
                     !may_freeze                       ? CONFIRMS
                     : t->unsettled > UNSETTLED_LITTLE ? 2
                                                       : 1) == RD_OK
                 ? rd
                 : RD_TORN;
    settle(t, rd == RD_TORN);
    if (rd == RD_OK && moved) {
        t->stat.running = true;
        t->stat.syscall = -1;
    } else if (thread_stat_look(&t->stat) == RD_DENIED) {
        t->stat.running = true;
    }
    if (rd == RD_TORN && may_freeze && read_probed(p, t, now_ns) == RD_OK)
        rd = RD_OK;
    for (int i = 0; rd == RD_TORN && may_freeze && i < TORN_TRIES; i++) {
        rd = read_frozen(p, t, now_ns);
        *ret_frozen = rd == RD_OK;
        if (rd == RD_DENIED)
            rd = read_running(p, t, now_ns, SLOW_TRIES);
    }
    return rd;
}

/* The stack of a thread that may be running, and whether it is. */
static enum rd read_thread(struct process *p, struct thread *t, uint64_t now_ns, bool *ret_frozen)
{
    if (freeze_option(p) != SAMPLER_FREEZE_ALL)
        freeze_attend(&t->freeze);
    *ret_frozen = t->freeze.state == FREEZE_STOPPED || t->freeze.state == FREEZE_PENDING;
    if (*ret_frozen)
        return read_stack(p, t, WALK_FROZEN, now_ns);
    if (is_unsettled(p, t) && may_interfere(p))
        return read_unsettled(p, t, now_ns, ret_frozen);
    /* Letting go stops it once more, which would interrupt what it waits for. */
    bool due = t->freeze.state == FREEZE_SEIZED && now_ns > t->thawed_ns + LET_GO_NS;
    if (due && t->stat.running)
        freeze_release(&t->freeze);
    return read_settled(p, t, now_ns, ret_frozen);
}

/* Stops the thread for a whole try, if it runs and that is allowed; read_thread then finds it stopped. */
static bool may_hold(struct process *p, struct thread *t)
{
    bool allowed = p->freezable && freeze_option(p) == SAMPLER_FREEZE_MOVING;
    return allowed && t->stat.running && t->freeze.state != FREEZE_STOPPED &&
           freeze_stop(&t->freeze) == RD_OK;
}

bool thread_waited(const struct thread *t)
{
    return t->sampled && t->state & SAMPLE_GIL_WAIT;
}

bool thread_ask(struct process *p, struct thread *t, struct vec *ranges)
{
    if ((t->told && t->baseline && !t->ran) || thread_stat_look(&t->stat) != RD_OK ||
        t->stat.running || !gil_awaited(t->gil, t->stat.syscall, t->stat.argument))
        return false;
    walk_ask(&t->walk, &p->runtime.layout, ranges);
    return true;
}

void thread_hear(struct process *p, struct thread *t)
{
    t->current = p->current;
    t->stands = walk_stands(&t->walk, &p->runtime.layout) && !holds_gil(p, t) &&
                walk_tstate_u64(&t->walk, p->runtime.layout.tstate_unique) == t->unique;
}

/* Is it certain to be where it was? RD_GONE: it is no more. */
static enum rd stands_still(struct process *p, struct thread *t, bool *ret_stands)
{
    bool blocked = t->sampled && !t->stat.running, proven = t->baseline;
    if (t->sampled && t->stat.running && p->threads.len == 1) { /* nobody asks; see others_wait */
        t->baseline = *ret_stands = false;
        return RD_OK;
    }
    enum rd rd = t->told ? RD_OK : thread_stat_ran(&t->stat, &t->ran);
    t->baseline = rd == RD_OK;
    bool same = t->stands || (blocked && proven && t->baseline && !t->ran);
    *ret_stands = same && t->path_epoch == code_cache_epoch(p->codes);
    return rd == RD_GONE ? rd : RD_OK;
}

enum thread_verdict thread_sample(struct process *p, struct thread *t, uint64_t now_ns)
{
    bool stands, frozen = false;
    t->looks++;
    if (stands_still(p, t, &stands) == RD_GONE)
        return THREAD_GONE;
    if (stands)
        return THREAD_SAMPLED;
    enum rd rd = RD_OK, named = RD_TORN;
    for (int i = 0; named == RD_TORN && i < NAME_TRIES; i++) {
        /* Code that is new and gone again before it is read: in the end it is held for so long. */
        bool hold = i + 1 == NAME_TRIES && may_hold(p, t);
        rd = read_thread(p, t, now_ns, &frozen);
        t->sampled = false;
        if (rd != RD_GONE &&
            walk_tstate_u64(&t->walk, p->runtime.layout.tstate_unique) != t->unique)
            rd = RD_GONE; /* another thread's state lies there now */
        size_t from = rd == RD_OK ? 0 : t->walk.frames.len - t->walk.trusted;
        bool nothing = rd != RD_OK && from == t->walk.frames.len;
        if (rd != RD_GONE && !nothing)
            named = name_stack(p, t, from, now_ns);
        if (hold)
            freeze_thaw(&t->freeze, false);
        if (rd == RD_GONE || nothing)
            return rd == RD_GONE ? THREAD_GONE : THREAD_TORN;
    }
    if (named != RD_OK)
        return THREAD_INVALID;
    t->state = state_of(p, t) | (frozen ? SAMPLE_FROZEN : 0);
    t->sampled = rd == RD_OK;
    if (rd == RD_OK)
        return THREAD_SAMPLED;
    t->state |= SAMPLE_TRUNCATED;
    return THREAD_TRUNCATED;
}
