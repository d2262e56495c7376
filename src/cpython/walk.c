/* Knows the chain of frames and how to read it from a running thread; not what the code objects mean. */
#include "cpython/walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

#define CODE_TAGS (uint64_t)3 /* of _PyStackRef, 3.14+ */

enum {
    PAGE = 4096,
    MERGE_BYTES = 2048, /* frames closer than this are read as one stretch */
    SLACK_BYTES = 1024, /* beyond the innermost frame, for the calls that come next */
    OPEN_STRETCHES = 4, /* that a frame may be added to */
    INNER_FRAMES = 6,   /* these move; what lies further out rarely does */
    MISSES_MAX =
        3, /* predictions in a row that lacked something, before the stack counts as torn */
    SLOW_NS = 2 * NS_PER_US, /* longer than usual by this and a quarter: it was interrupted */
    OWNER_PYTHON_MAX = 2,    /* Include/internal/pycore_frame.h: thread, generator, frame object */
};

/* A stretch of the target's memory; copies lie at the same offset of `first` and `second`. */
struct stretch {
    uint64_t address;
    uint32_t len_bytes, offset;
    uint32_t used_bytes; /* without the room for the calls that come next */
};

/* What one call reads, in this order:
 *
 *     outer frames · extras · inner frames │ thread state │ inner frames · outer frames
 *     └────────── first ─────────────────┘   the moment   └───────── second ─────────┘
 *
 * from the outermost frame inwards to the moment, and outwards again after it. A frame that is the same in both
 * copies was so at the moment, at which the thread state said which one is the innermost: unless it went and
 * came back in between. The inner frames, which move, are therefore read tightly around the moment, and a read
 * that took long, because we were off the CPU in the middle, proves nothing. */
struct walk_plan {
    struct vec stretches;    /* of struct stretch: the inner ones come first */
    size_t inner;            /* how many of them are inner */
    struct vec ranges;       /* of struct mem_range, for one call */
    struct vec frames_again; /* of struct walk_frame: what walk_confirm reads */
    uint8_t *first, *second;
    size_t bytes, cap;             /* in use and allocated, of each copy */
    size_t planned, planned_bytes; /* without what the walk found missing */
    size_t hint;                   /* the stretch that was looked up last */
    uint64_t cframe;               /* 3.11, 3.12: where tstate->cframe->current_frame was last */
    uint64_t cframe_value;
    uint64_t tstate;
    uint64_t usual_ns[WALK_MODES]; /* less than most reads took lately; 0: not known yet */
    bool due;                      /* it has to be made anew of the frames */
};

static struct stretch *stretch_at(const struct walk_plan *p, size_t i)
{
    return (struct stretch *)p->stretches.data + i;
}

void walk_init(struct walk *w)
{
    *w = (struct walk){.plan = alloc_zeroed(1, sizeof(struct walk_plan))};
    vec_init(&w->frames, sizeof(struct walk_frame));
    vec_init(&w->plan->stretches, sizeof(struct stretch));
    vec_init(&w->plan->ranges, sizeof(struct mem_range));
    vec_init(&w->plan->frames_again, sizeof(struct walk_frame));
}

void walk_release(struct walk *w)
{
    if (!w->plan)
        return;
    vec_release(&w->frames);
    vec_release(&w->plan->stretches);
    vec_release(&w->plan->ranges);
    vec_release(&w->plan->frames_again);
    free(w->plan->first);
    free(w->plan->second);
    free(w->plan);
    w->plan = NULL;
}

static void reserve(struct walk_plan *p, size_t bytes)
{
    if (bytes <= p->cap)
        return;
    p->cap = bytes * 2 < 16384 ? 16384 : bytes * 2;
    p->first = alloc_resize(p->first, p->cap, 1);
    p->second = alloc_resize(p->second, p->cap, 1);
}

static void plan_add(struct walk_plan *p, uint64_t address, uint32_t len_bytes)
{
    *(struct stretch *)vec_push(&p->stretches) = (struct stretch){.address = address,
                                                                  .len_bytes = len_bytes,
                                                                  .offset = (uint32_t)p->bytes,
                                                                  .used_bytes = len_bytes};
    p->bytes += len_bytes;
    reserve(p, p->bytes);
}

static struct mem_range of_copy(const struct walk_plan *p, size_t i, uint8_t *copy)
{
    const struct stretch *s = stretch_at(p, i);
    return (struct mem_range){s->address, s->len_bytes, copy + s->offset};
}

static void ranges_add(struct vec *ranges, struct mem_range range)
{
    *(struct mem_range *)vec_push(ranges) = range;
}

static void ask_moment(struct walk *w, const struct layout *l, struct vec *ranges)
{
    struct walk_plan *p = w->plan;
    ranges_add(ranges, (struct mem_range){p->tstate, l->tstate_prefix_bytes, w->tstate});
    if (p->cframe)
        ranges_add(ranges, (struct mem_range){p->cframe, 8, &p->cframe_value});
}

/* All of the plan in one call; `verify`: the second copy too. */
static enum rd plan_fetch(struct walk *w, struct mem *m, const struct layout *l, bool verify)
{
    struct walk_plan *p = w->plan;
    struct vec *ranges = &p->ranges;
    size_t n = p->stretches.len;
    vec_clear(ranges);
    for (size_t i = n; i-- > p->inner;)
        ranges_add(ranges, of_copy(p, i, p->first));
    for (size_t i = 0; i < w->extras_len; i++) {
        struct walk_extra *extra = &w->extras[i];
        ranges_add(ranges, (struct mem_range){extra->address, extra->len_bytes, extra->bytes});
    }
    for (size_t i = p->inner; i-- > 0;)
        ranges_add(ranges, of_copy(p, i, p->first));
    ask_moment(w, l, ranges);
    for (size_t i = 0; verify && i < n; i++)
        ranges_add(ranges, of_copy(p, i, p->second));
    return mem_read_many(m, ranges->data, ranges->len);
}

/* The copy of [address, address + len) at `copy`, or NULL. Frames come in the order of the last walk, so
 * the next one is almost always in the stretch last used or the one after it. */
static const uint8_t *plan_find(struct walk_plan *p, const uint8_t *copy, uint64_t address,
                                size_t len)
{
    size_t n = p->stretches.len;
    for (size_t step = 0, i = p->hint; step < n; step++, i++) {
        if (i >= n)
            i = 0;
        const struct stretch *s = stretch_at(p, i);
        if (address >= s->address && address - s->address + len <= s->len_bytes) {
            p->hint = i;
            return copy + s->offset + (address - s->address);
        }
    }
    return NULL;
}

/* Fetches what the plan missed into the first copy: the rest of its page too, since callers lie below. */
static const uint8_t *plan_miss(struct walk_plan *p, struct mem *m, uint64_t address, size_t len,
                                enum rd *ret_rd)
{
    uint64_t page = address & ~(uint64_t)(PAGE - 1);
    const uint64_t starts[] = {page, address};
    *ret_rd = RD_TORN;
    /* Each frame is looked up among them: a chain that never ends must not take for ever. */
    for (int i = 0; i < 2 && p->stretches.len < WALK_STRETCHES_MAX; i++) {
        size_t before = p->bytes;
        uint32_t len_bytes = (uint32_t)(address + len - starts[i]);
        plan_add(p, starts[i], len_bytes);
        *ret_rd = mem_read(m, starts[i], p->first + before, len_bytes);
        if (*ret_rd == RD_OK) {
            p->hint = p->stretches.len - 1;
            return p->first + before + (address - starts[i]);
        }
        p->stretches.len--;
        p->bytes = before;
    }
    return NULL;
}

static uint64_t u64_at(const uint8_t *bytes, uint32_t offset)
{
    uint64_t value;
    memcpy(&value, bytes + offset, sizeof(value));
    return value;
}

static uint32_t u32_at(const uint8_t *bytes, uint32_t offset)
{
    uint32_t value;
    memcpy(&value, bytes + offset, sizeof(value));
    return value;
}

uint64_t walk_tstate_u64(const struct walk *w, uint32_t offset)
{
    return u64_at(w->tstate, offset);
}

uint32_t walk_tstate_u32(const struct walk *w, uint32_t offset)
{
    return u32_at(w->tstate, offset);
}

/* Until 3.11, which keeps other things where the owner will be. */
static bool has_no_shims(const struct layout *l)
{
    return layout_minor(l) <= 11;
}

static void decode(const struct layout *l, const uint8_t *bytes, uint64_t address,
                   struct walk_frame *ret_frame)
{
    bool pointer = l->instr == LAYOUT_POINTER;
    *ret_frame = (struct walk_frame){
        .address = address,
        .back = u64_at(bytes, l->frame_back),
        .code = u64_at(bytes, l->frame_code) & ~CODE_TAGS,
        .instr = pointer ? u64_at(bytes, l->frame_instr) : u32_at(bytes, l->frame_instr),
        .tlbc_index = layout_has(l->frame_tlbc_index) ? u32_at(bytes, l->frame_tlbc_index) : 0,
        .python = has_no_shims(l) || bytes[l->frame_owner] <= OWNER_PYTHON_MAX,
    };
}

/* The words of a frame that a probe brings: back, code, instruction, and that which holds all smaller fields. */
static uint32_t flags_word(const struct layout *l)
{
    return has_no_shims(l) ? l->frame_instr : l->frame_owner & ~7u;
}

static void decode_words(const struct layout *l, const uint64_t words[PROBE_WORDS],
                         uint64_t address, struct walk_frame *ret_frame)
{
    bool pointer = l->instr == LAYOUT_POINTER;
    uint64_t flags = words[3];
    *ret_frame = (struct walk_frame){
        .address = address,
        .back = words[0],
        .code = words[1] & ~CODE_TAGS,
        .instr = pointer ? words[2] : (uint32_t)words[2],
        .tlbc_index = layout_has(l->frame_tlbc_index)
                          ? (uint32_t)(flags >> 8 * (l->frame_tlbc_index & 7))
                          : 0,
        .python =
            has_no_shims(l) || (uint8_t)(flags >> 8 * (l->frame_owner & 7)) <= OWNER_PYTHON_MAX,
    };
}

/* The innermost frame's address at the moment; *ret_missed if it took another read. */
static enum rd innermost(struct walk *w, struct mem *m, const struct layout *l,
                         uint64_t *ret_address, bool *ret_missed)
{
    struct walk_plan *p = w->plan;
    uint64_t top = u64_at(w->tstate, l->tstate_frame);
    *ret_address = top;
    if (!layout_has(l->cframe_frame) || !top)
        return RD_OK;
    *ret_address = p->cframe_value;
    if (p->cframe == top + l->cframe_frame)
        return RD_OK;
    *ret_missed = true;
    p->cframe = top + l->cframe_frame;
    if (!m)
        return RD_TORN;
    return mem_read_u64(m, p->cframe, ret_address);
}

/* Walks over the first copy, fetching what it lacks from `m`, if given. */
static enum rd chain(struct walk *w, struct mem *m, const struct layout *l, bool *ret_missed)
{
    struct walk_plan *p = w->plan;
    uint64_t address, landmark = 0;
    vec_clear(&w->frames);
    enum rd rd = innermost(w, m, l, &address, ret_missed);
    while (rd == RD_OK && address) {
        /* A torn chain can bite its tail: remember one frame at each power of two (Brent). */
        if (w->frames.len == WALK_FRAMES_MAX || address & 7 || address == landmark)
            return RD_TORN;
        if ((w->frames.len & (w->frames.len - 1)) == 0)
            landmark = address;
        const uint8_t *bytes = plan_find(p, p->first, address, l->frame_prefix_bytes);
        if (!bytes) {
            *ret_missed = true;
            if (!m)
                return RD_TORN;
            bytes = plan_miss(p, m, address, l->frame_prefix_bytes, &rd);
            if (!bytes)
                return rd;
        }
        struct walk_frame *frame = vec_push(&w->frames);
        decode(l, bytes, address, frame);
        address = frame->back;
    }
    return rd;
}

static bool same_place(const struct walk_frame *a, const struct walk_frame *b)
{
    return a->instr == b->instr && a->tlbc_index == b->tlbc_index;
}

/* Compares the walked frames with the second copy, outermost first; says how far they agree. */
static bool agree(struct walk *w, const struct layout *l)
{
    struct walk_plan *p = w->plan;
    const struct walk_frame *frames = w->frames.data;
    size_t n = w->frames.len, python_top = 0;
    w->moved = false;
    while (python_top < n && !frames[python_top].python)
        python_top++;
    p->hint = p->stretches.len ? p->stretches.len - 1 : 0;
    for (size_t i = n; i-- > 0; w->trusted++) {
        const uint8_t *bytes = plan_find(p, p->second, frames[i].address, l->frame_prefix_bytes);
        struct walk_frame now;
        if (!bytes)
            return false;
        decode(l, bytes, frames[i].address, &now);
        if (now.back != frames[i].back || now.code != frames[i].code)
            return false;
        if (!same_place(&now, &frames[i])) {
            w->moved = true;
            if (i > python_top)
                return false;
        }
    }
    return true;
}

/* Adds a frame's bytes to the stretches of its group, from `from` on: to one of the last few that end or begin
 * nearby, since frames on the data stack and entry shims on the C stack take turns. */
static void plan_cover(struct walk_plan *p, size_t from, uint64_t start, uint64_t used_end,
                       uint64_t end)
{
    size_t n = p->stretches.len;
    for (size_t i = n; i-- > from && n - i <= OPEN_STRETCHES;) {
        struct stretch *s = stretch_at(p, i);
        uint64_t s_end = s->address + s->len_bytes, s_used_end = s->address + s->used_bytes;
        if (start > s_end + MERGE_BYTES || end + MERGE_BYTES < s->address)
            continue;
        if (start < s->address)
            s->address = start;
        s->len_bytes = (uint32_t)((end > s_end ? end : s_end) - s->address);
        s->used_bytes = (uint32_t)((used_end > s_used_end ? used_end : s_used_end) - s->address);
        return;
    }
    *(struct stretch *)vec_push(&p->stretches) =
        (struct stretch){.address = start,
                         .len_bytes = (uint32_t)(end - start),
                         .used_bytes = (uint32_t)(used_end - start)};
}

/* From the frames just walked: where the next walk will find its bytes. */
static void plan_make(struct walk *w, const struct layout *l)
{
    struct walk_plan *p = w->plan;
    const struct walk_frame *frames = w->frames.data;
    uint64_t limit = 0; /* of the data stack's chunk: nothing need be mapped beyond */
    if (layout_has(l->tstate_datastack))
        limit = u64_at(w->tstate, l->tstate_datastack + 16);
    vec_clear(&p->stretches);
    size_t n = w->frames.len, from = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t start = frames[i].address, used_end = start + l->frame_prefix_bytes,
                 end = used_end;
        if (i < INNER_FRAMES && end <= limit && limit - end <= 1 << 20)
            end = end + SLACK_BYTES < limit ? end + SLACK_BYTES : limit;
        if (i == INNER_FRAMES)
            from = p->stretches.len;
        plan_cover(p, from, start, used_end, end);
    }
    p->inner = n > INNER_FRAMES ? from : p->stretches.len;
    p->bytes = 0;
    for (size_t i = 0; i < p->stretches.len; i++) {
        struct stretch *s = stretch_at(p, i);
        s->offset = (uint32_t)p->bytes;
        p->bytes += s->len_bytes;
    }
    reserve(p, p->bytes);
    p->hint = 0;
    p->planned = p->stretches.len;
    p->planned_bytes = p->bytes;
    p->due = false;
}

static void plan_need(struct walk *w, const struct layout *l)
{
    if (w->plan->due)
        plan_make(w, l);
}

/* Forgets what was fetched beyond the plan. */
static void plan_restore(struct walk_plan *p)
{
    p->stretches.len = p->planned;
    p->bytes = p->planned_bytes;
    p->hint = 0;
}

/* Nothing is known of this thread (any more): all will be found missing. */
static void plan_forget(struct walk *w, uint64_t tstate)
{
    struct walk_plan *p = w->plan;
    vec_clear(&w->frames);
    vec_clear(&p->stretches);
    p->bytes = p->planned = p->planned_bytes = p->inner = p->hint = 0;
    p->cframe = 0;
    p->due = false;
    p->tstate = tstate;
    memset(p->usual_ns, 0, sizeof(p->usual_ns));
}

/* Only whole reads tell what is usual: one of a plan that lacks something takes less. A third of them take less
 * than that, or it moves. */
static bool is_slow(uint64_t *usual_ns, uint64_t took_ns)
{
    if (!*usual_ns)
        *usual_ns = took_ns;
    bool slow = took_ns > *usual_ns + *usual_ns / 4 + SLOW_NS;
    *usual_ns += took_ns < *usual_ns ? -(*usual_ns / 64) : *usual_ns / 128;
    return slow;
}

/* One try. *ret_missed: the plan lacked something, and is better now. */
static enum rd attempt(struct walk *w, struct mem *m, const struct layout *l, enum walk_mode mode,
                       bool *ret_missed)
{
    struct walk_plan *p = w->plan;
    bool verify = mode != WALK_FROZEN;
    *ret_missed = w->slow = false;
    w->trusted = 0;
    uint64_t start_ns = clock_ns();
    enum rd rd = plan_fetch(w, m, l, verify);
    uint64_t took_ns = clock_ns() - start_ns;
    if (rd == RD_TORN && p->planned) { /* a predicted place is gone */
        plan_forget(w, p->tstate);
        rd = plan_fetch(w, m, l, verify);
    }
    if (rd == RD_OK)
        rd = chain(w, m, l, ret_missed);
    else /* the caller asks for extras by these frames, and may have asked for what is not there */
        vec_clear(&w->frames);
    if (rd != RD_OK) { /* no stack: the last plan is the better one */
        plan_restore(p);
        return rd;
    }
    w->slow = verify && !*ret_missed && is_slow(&p->usual_ns[mode], took_ns);
    if (verify && !*ret_missed && (w->slow || !agree(w, l)))
        rd = RD_TORN;
    plan_make(w, l);
    return rd;
}

enum rd walk_read(struct walk *w, struct mem *m, const struct layout *l, uint64_t tstate,
                  enum walk_mode mode)
{
    bool verify = mode != WALK_FROZEN, missed = true;
    enum rd rd = RD_TORN;
    if (w->plan->tstate != tstate)
        plan_forget(w, tstate);
    plan_need(w, l);
    for (int i = 0; i < MISSES_MAX && missed; i++) {
        rd = attempt(w, m, l, i && verify ? WALK_AGAIN : mode, &missed);
        if (rd == RD_OK && !verify)
            break;
    }
    if (rd == RD_OK && verify && missed)
        rd = RD_TORN;
    if (rd == RD_OK)
        w->trusted = w->frames.len;
    return rd;
}

enum rd walk_probe(struct walk *w, struct probe *probe, struct probe_thread *thread,
                   const struct layout *l, uint64_t tstate)
{
    struct walk_plan *p = w->plan;
    uint32_t flags = flags_word(l);
    if (layout_has(l->frame_tlbc_index) && (l->frame_tlbc_index & ~7u) != flags)
        return RD_DENIED; /* so it is in no version that is known */
    struct probe_chain chain = {.link = tstate + l->tstate_frame,
                                .indirect = layout_has(l->cframe_frame),
                                .link_offset = l->cframe_frame,
                                .record_bytes = (l->frame_prefix_bytes + 7) & ~7u,
                                .words = {l->frame_back, l->frame_code, l->frame_instr, flags},
                                .key_offset = layout_has(l->code_version) ? l->code_version : 0};
    if (p->tstate != tstate)
        plan_forget(w, tstate);
    vec_clear(&p->ranges);
    for (size_t i = 0; i < w->extras_len; i++) {
        struct walk_extra *extra = &w->extras[i];
        ranges_add(&p->ranges, (struct mem_range){extra->address, extra->len_bytes, extra->bytes});
    }
    ranges_add(&p->ranges, (struct mem_range){tstate, l->tstate_prefix_bytes, w->tstate});
    enum rd rd = probe_read(probe, thread, p->ranges.data, p->ranges.len, &chain);
    if (rd != RD_OK)
        return rd;
    size_t n = probe_records(probe);
    uint64_t address = probe_first(probe);
    vec_resize(&w->frames, n);
    struct walk_frame *frames = w->frames.data;
    for (size_t i = 0; i < n; i++) {
        decode_words(l, probe_record(probe, i), address, &frames[i]);
        frames[i].code_version = probe_key(probe, i);
        address = frames[i].back;
    }
    w->trusted = n;
    w->slow = false;
    if (layout_has(l->cframe_frame))
        p->cframe = u64_at(w->tstate, l->tstate_frame) + l->cframe_frame;
    p->due = true;
    return RD_OK;
}

/* How many frames, from the outermost inwards, are the same in both; the instruction of an innermost one may
 * differ. */
static size_t common(const struct vec *a, const struct vec *b)
{
    size_t n = a->len < b->len ? a->len : b->len, same = 0;
    while (same < n) {
        const struct walk_frame *x = vec_at(a, a->len - 1 - same),
                                *y = vec_at(b, b->len - 1 - same);
        bool innermost = same + 1 == a->len && same + 1 == b->len;
        if (x->address != y->address || x->code != y->code || (!innermost && !same_place(x, y)))
            break;
        same++;
    }
    return same;
}

enum rd walk_confirm(struct walk *w, struct mem *m, const struct layout *l)
{
    plan_need(w, l);
    struct vec before = w->frames;
    bool missed;
    w->frames = w->plan->frames_again;
    w->trusted = 0;
    enum rd rd = plan_fetch(w, m, l, false);
    if (rd == RD_OK)
        rd = chain(w, m, l, &missed);
    plan_restore(w->plan);
    if (rd == RD_OK)
        w->trusted = common(&before, &w->frames);
    if (rd == RD_OK && (w->trusted < before.len || w->frames.len != before.len))
        rd = RD_TORN;
    w->plan->frames_again = w->frames;
    w->frames = before;
    return rd;
}

void walk_ask(struct walk *w, const struct layout *l, struct vec *ranges)
{
    struct walk_plan *p = w->plan;
    plan_need(w, l);
    for (size_t i = p->stretches.len; i-- > 0;) {
        struct mem_range range = of_copy(p, i, p->first);
        range.len_bytes = stretch_at(p, i)->used_bytes; /* a frame beyond would be one too many */
        ranges_add(ranges, range);
    }
    ask_moment(w, l, ranges);
}

bool walk_stands(struct walk *w, const struct layout *l)
{
    struct vec before = w->frames;
    bool missed;
    w->frames = w->plan->frames_again;
    bool same = chain(w, NULL, l, &missed) == RD_OK && w->frames.len == before.len &&
                common(&before, &w->frames) == before.len;
    if (same && before.len)
        same = same_place(before.data, w->frames.data);
    plan_restore(w->plan);
    w->plan->frames_again = w->frames;
    w->frames = before;
    return same;
}
