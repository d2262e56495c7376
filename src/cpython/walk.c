/* Knows the chain of frames and how to read it from a running thread; not what the code objects mean. */
#include "cpython/walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum {
    PAGE = 4096,
    MERGE_BYTES = 2048,   /* frames closer than this are read as one range */
    SLACK_BYTES = 768,    /* beyond the innermost frame, for the calls that come next */
    ROUNDS = 2,           /* tries before a stack counts as torn */
    OWNER_PYTHON_MAX = 2, /* Include/internal/pycore_frame.h: thread, generator, frame object */
};

/* A stretch of the target's memory; copies lie at the same offset of `first` and `second`. */
struct stretch {
    uint64_t address;
    uint32_t len_bytes, offset;
};

struct walk_plan {
    struct vec stretches; /* of struct stretch: [0] thread state, [1] cframe where there is one */
    struct vec ranges;    /* of struct mem_range, for one call */
    uint8_t *first, *second;
    size_t bytes, cap; /* in use and allocated, of each copy */
    size_t hint;       /* the stretch that was looked up last */
    uint64_t cframe;   /* predicted address */
    uint64_t tstate;
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
}

void walk_release(struct walk *w)
{
    if (!w->plan)
        return;
    vec_release(&w->frames);
    vec_release(&w->plan->stretches);
    vec_release(&w->plan->ranges);
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
    *(struct stretch *)vec_push(&p->stretches) =
        (struct stretch){.address = address, .len_bytes = len_bytes, .offset = (uint32_t)p->bytes};
    p->bytes += len_bytes;
    reserve(p, p->bytes);
}

/* Every stretch into the given copies, with the caller's extras between them. */
static enum rd plan_fetch(struct walk *w, struct mem *m, bool first, bool second)
{
    struct walk_plan *p = w->plan;
    size_t n = p->stretches.len, filled = 0;
    vec_resize(&p->ranges, 2 * n + WALK_EXTRAS_MAX);
    struct mem_range *ranges = p->ranges.data;
    for (size_t i = 0; first && i < n; i++) {
        const struct stretch *s = stretch_at(p, i);
        ranges[filled++] = (struct mem_range){s->address, s->len_bytes, p->first + s->offset};
    }
    for (size_t i = 0; i < w->extras_len; i++)
        ranges[filled++] =
            (struct mem_range){w->extras[i].address, w->extras[i].len_bytes, w->extras[i].bytes};
    for (size_t i = 0; second && i < n; i++) {
        const struct stretch *s = stretch_at(p, i);
        ranges[filled++] = (struct mem_range){s->address, s->len_bytes, p->second + s->offset};
    }
    return mem_read_many(m, ranges, filled);
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
    for (int i = 0; i < 2; i++) {
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

static void decode(const struct layout *l, const uint8_t *bytes, uint64_t address,
                   struct walk_frame *ret_frame)
{
    bool pointer = l->instr == LAYOUT_POINTER;
    *ret_frame = (struct walk_frame){
        .address = address,
        .back = u64_at(bytes, l->frame_back),
        .code = u64_at(bytes, l->frame_code) & ~(uint64_t)3, /* _PyStackRef tags, 3.14+ */
        .instr = pointer ? u64_at(bytes, l->frame_instr) : u32_at(bytes, l->frame_instr),
        .tlbc_index = layout_has(l->frame_tlbc_index) ? u32_at(bytes, l->frame_tlbc_index) : 0,
        /* 3.11 has no shims, and keeps other things in the owner byte's range. */
        .python = layout_minor(l) <= 11 || bytes[l->frame_owner] <= OWNER_PYTHON_MAX,
    };
}

/* The innermost frame's address according to one copy; *ret_missed if it took another read. */
static enum rd innermost(struct walk *w, struct mem *m, const struct layout *l, const uint8_t *copy,
                         uint64_t *ret_address, bool *ret_missed)
{
    struct walk_plan *p = w->plan;
    uint64_t top = u64_at(copy, l->tstate_frame);
    if (layout_has(l->cframe_frame) && top) {
        p->hint = 1;
        const uint8_t *bytes = plan_find(p, copy, top + l->cframe_frame, 8);
        if (!bytes) {
            *ret_missed = true;
            p->cframe = top + l->cframe_frame;
            return mem_read_u64(m, p->cframe, ret_address);
        }
        top = u64_at(bytes, 0);
    }
    *ret_address = top;
    return RD_OK;
}

/* Walks over the first copy, fetching what it lacks. */
static enum rd chain(struct walk *w, struct mem *m, const struct layout *l, bool *ret_missed)
{
    struct walk_plan *p = w->plan;
    uint64_t address;
    vec_clear(&w->frames);
    enum rd rd = innermost(w, m, l, p->first, &address, ret_missed);
    while (rd == RD_OK && address) {
        if (w->frames.len == WALK_FRAMES_MAX || address & 7)
            return RD_TORN;
        const uint8_t *bytes = plan_find(p, p->first, address, l->frame_prefix_bytes);
        if (!bytes) {
            *ret_missed = true;
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
static bool agree(struct walk *w, struct mem *m, const struct layout *l)
{
    struct walk_plan *p = w->plan;
    const struct walk_frame *frames = w->frames.data;
    uint64_t top;
    bool missed = false;
    w->trusted = 0;
    w->moved = false;
    enum rd rd = innermost(w, m, l, p->second, &top, &missed);
    size_t n = w->frames.len;
    bool whole = rd == RD_OK && !missed && top == (n ? frames[0].address : 0);
    size_t python_top = 0;
    while (python_top < n && !frames[python_top].python)
        python_top++;
    for (size_t i = n; i-- > 0;) {
        const uint8_t *bytes = plan_find(p, p->second, frames[i].address, l->frame_prefix_bytes);
        struct walk_frame now;
        if (!bytes)
            break;
        decode(l, bytes, frames[i].address, &now);
        bool same = same_place(&now, &frames[i]);
        if (now.back != frames[i].back || now.code != frames[i].code)
            break;
        if (!same && i > python_top)
            break;
        if (!same)
            w->moved = true;
        w->trusted++;
    }
    return whole && w->trusted == n;
}

/* From the frames just walked: where the next walk will find its bytes. */
static void plan_make(struct walk *w, const struct layout *l, uint64_t tstate)
{
    struct walk_plan *p = w->plan;
    uint64_t limit = 0;
    if (p->tstate == tstate && layout_has(l->tstate_datastack))
        limit = u64_at(w->tstate, l->tstate_datastack + 16);
    vec_clear(&p->stretches);
    p->bytes = 0;
    p->hint = 0;
    p->tstate = tstate;
    plan_add(p, tstate, l->tstate_prefix_bytes);
    if (layout_has(l->cframe_frame) && p->cframe)
        plan_add(p, p->cframe, 8);
    const struct walk_frame *frames = w->frames.data;
    for (size_t i = 0; i < w->frames.len; i++) {
        struct stretch *last = stretch_at(p, p->stretches.len - 1);
        uint64_t start = frames[i].address, end = start + l->frame_prefix_bytes;
        if (start < limit && limit - end <= 1 << 20 && i < 2) {
            uint64_t slack = end + SLACK_BYTES;
            end = slack < limit ? slack : limit;
        }
        bool above = start <= last->address && last->address - start <= MERGE_BYTES;
        if (above && p->stretches.len > 1) {
            uint32_t grow = (uint32_t)(last->address - start);
            last->address = start;
            last->len_bytes += grow;
            p->bytes += grow;
            reserve(p, p->bytes);
        } else {
            plan_add(p, start, (uint32_t)(end - start));
        }
    }
}

enum rd walk_read(struct walk *w, struct mem *m, const struct layout *l, uint64_t tstate,
                  enum walk_mode mode)
{
    struct walk_plan *p = w->plan;
    bool verify = mode == WALK_VERIFIED;
    w->trusted = 0;
    if (p->tstate != tstate) {
        vec_clear(&w->frames);
        p->cframe = 0;
        plan_make(w, l, tstate);
    }
    enum rd rd = RD_TORN;
    for (int round = 0; round < ROUNDS && rd == RD_TORN; round++) {
        bool missed = false;
        rd = plan_fetch(w, m, true, verify);
        if (rd == RD_TORN) { /* a predicted place is gone: start from the thread state alone */
            vec_clear(&w->frames);
            p->cframe = 0;
            plan_make(w, l, tstate);
            rd = plan_fetch(w, m, true, verify);
        }
        if (rd != RD_OK)
            return rd;
        memcpy(w->tstate, p->first, l->tstate_prefix_bytes);
        rd = chain(w, m, l, &missed);
        if (rd == RD_OK && verify && missed) {
            plan_make(w, l, tstate);
            rd = plan_fetch(w, m, false, true);
        }
        if (rd == RD_OK && verify && !agree(w, m, l))
            rd = RD_TORN;
        if (!(verify && missed))
            plan_make(w, l, tstate);
    }
    if (rd == RD_OK)
        w->trusted = w->frames.len;
    return rd;
}
