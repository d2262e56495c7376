/* Knows the shape of struct _pending_calls in each version; not what is called, nor how processes are halted. */
#include "inject/ring.h"

#include <stddef.h>
#include <string.h>

enum { IN_RUNTIME = 1, ENTRIES_LIMIT = 300 };

/* offsetof() over each version's own headers, Include/internal: pycore_pystate.h@3.8, pycore_interp.h@3.9–3.11,
 * pycore_ceval_state.h@3.12–3.13. The free-threaded 3.13 is the same. */
struct ring_row {
    uint8_t minor;
    uint8_t flags;       /* IN_RUNTIME: offsets from _PyRuntime, not from the main interpreter */
    uint16_t queue;      /* struct _pending_calls … */
    uint16_t breaker;    /* … and ceval.eval_breaker; 0: in each thread state */
    uint16_t main;       /* interpreters.main in _PyRuntime */
    uint16_t finalizing; /* _finalizing in _PyRuntime */
    uint16_t busy;       /* int `finishing`, `busy` or pointer `handling_thread`; else UINT16_MAX */
    uint16_t lock;       /* pointer to a semaphore, or the PyMutex itself */
    uint16_t todo;       /* int calls_to_do, or npending */
    uint16_t calls;      /* the entries: function, argument, … */
    uint16_t first, last; /* int; last is where the next one goes */
    uint16_t entry_bytes, entries, entries_max;
};

enum { NO_BUSY = UINT16_MAX };

static const struct ring_row rows[] = {
    {8, IN_RUNTIME, 600, 592, 40, 16, 0, 8, 16, 24, 536, 540, 16, 32, 31},
    {9, 0, 80, 72, 40, 16, NO_BUSY, 0, 8, 16, 528, 532, 16, 32, 31},
    {10, 0, 80, 68, 40, 16, NO_BUSY, 0, 8, 16, 528, 532, 16, 32, 31},
    {11, 0, 112, 100, 48, 24, NO_BUSY, 0, 8, 16, 528, 532, 16, 32, 31},
    {12, 0, 400, 368, 48, 24, 0, 8, 16, 24, 536, 540, 16, 32, 31},
    {13, 0, 32, 0, 640, 608, 0, 8, 12, 24, 7224, 7228, 24, 300, 300},
};

/* Until 3.11 a profiled frame that begins while calls are pending looks after them before all else, for ever if it is part
 * of such a call; so nothing may be added while one runs, and what shows that is the idle call behind it. */
enum { MUTEX_MINOR = 13, MAX_OFFSET_313 = 16, ALONE_MINOR = 11 };

static const struct ring_row *row_of(unsigned minor)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (rows[i].minor == minor)
            return &rows[i];
    return NULL;
}

enum ring_state ring_find(struct ring *r, const struct runtime *runtime, struct mem *mem)
{
    const struct ring_row *row = row_of(layout_minor(&runtime->layout));
    uint64_t interp, finalizing;
    /* Layouts of what is not final may differ; 3.8 to 3.10 do not tell. */
    bool final = (runtime->layout.version & 0xf0) == 0xf0 || !(runtime->layout.version & 0xffff);
    if (!row || !final)
        return RING_STRANGE;
    if (mem_read_u64(mem, runtime->address + row->main, &interp) ||
        mem_read_u64(mem, runtime->address + row->finalizing, &finalizing) || !interp || finalizing)
        return RING_ENDING;
    if (!runtime_is_initialized(runtime, mem))
        return RING_BUSY;
    uint64_t base = row->flags & IN_RUNTIME ? runtime->address : interp;
    *r = (struct ring){
        .row = row,
        .queue = base + row->queue,
        .breaker = row->breaker ? base + row->breaker : 0,
    };
    return RING_FREE;
}

/* What is read of the queue besides its entries. */
struct state {
    uint64_t busy, lock;
    uint32_t todo, first, last, limit;
    uint32_t semaphore; /* its value, or of a PyMutex 1 when it is free */
};

static enum rd read_state(const struct ring *r, struct mem *mem, struct state *ret)
{
    const struct ring_row *row = r->row;
    struct state s = {0};
    const struct mem_range ranges[] = {
        {r->queue + (row->busy == NO_BUSY ? 0 : row->busy), 8, &s.busy},
        {r->queue + row->lock, 8, &s.lock},
        {r->queue + row->todo, 4, &s.todo},
        {r->queue + row->first, 4, &s.first},
        {r->queue + row->last, 4, &s.last},
        {r->queue + MAX_OFFSET_313, 4, &s.limit},
    };
    enum rd rd = mem_read_many(mem, ranges, sizeof(ranges) / sizeof(*ranges));
    if (rd != RD_OK)
        return rd;
    if (row->busy == NO_BUSY)
        s.busy = 0;
    else if (row->minor < MUTEX_MINOR)
        s.busy = (uint32_t)s.busy;
    if (row->minor >= MUTEX_MINOR)
        s.semaphore = (s.lock & 0xff) == 0;
    else
        rd = mem_read(mem, s.lock, &s.semaphore, sizeof(s.semaphore));
    *ret = s;
    return rd;
}

static uint32_t used(const struct ring_row *row, const struct state *s)
{
    if (row->minor >= MUTEX_MINOR)
        return s->todo;
    return (s->last + row->entries - s->first) % row->entries;
}

/* Every word must be one that CPython could have written. */
static bool holds(const struct ring_row *row, const struct state *s)
{
    if (s->first >= row->entries || s->last >= row->entries || s->semaphore > 1)
        return false;
    if (row->minor < MUTEX_MINOR)
        return s->todo <= 1 && s->busy <= 1;
    return s->limit == ENTRIES_LIMIT && s->todo <= row->entries_max &&
           (s->first + s->todo) % row->entries == s->last;
}

static uint64_t entry_at(const struct ring *r, uint32_t position)
{
    return r->queue + r->row->calls + (uint64_t)(position % r->row->entries) * r->row->entry_bytes;
}

static void put(const struct ring *r, uint32_t position, struct ring_call call, struct patch *patch)
{
    uint64_t entry = entry_at(r, position);
    patch_add(patch, entry, call.function, 8);
    patch_add(patch, entry + 8, call.argument, 8);
    if (r->row->minor >= MUTEX_MINOR)
        patch_add(patch, entry + 16, 0, 4); /* flags */
}

/* The end of the last entries that come one behind the other; two are about to be used, and one never is. */
static uint64_t room(const struct ring *r, const struct state *s, size_t len_bytes)
{
    const struct ring_row *row = r->row;
    const uint32_t taken = used(row, s) + 3, begin = (s->last + 2) % row->entries;
    if (taken > row->entries)
        return 0;
    uint32_t end = begin + row->entries - taken;
    uint32_t around = end > row->entries ? end - row->entries : 0;
    if ((size_t)around * row->entry_bytes >= len_bytes)
        return entry_at(r, 0) + (uint64_t)around * row->entry_bytes - len_bytes;
    end -= around;
    if ((size_t)(end - begin) * row->entry_bytes < len_bytes)
        return 0;
    return entry_at(r, 0) + (uint64_t)end * row->entry_bytes - len_bytes;
}

enum ring_state ring_add(struct ring *r, struct mem *mem, uint64_t function, size_t len_bytes,
                         struct ring_call idle, struct patch *ret_patch)
{
    const struct ring_row *row = r->row;
    struct state s;
    if (read_state(r, mem, &s) || !holds(row, &s))
        return RING_STRANGE;
    if (row->minor == 8 && s.busy)
        return RING_ENDING;
    uint32_t others = used(row, &s);
    if (!s.semaphore || s.busy || others + 2 > row->entries_max)
        return RING_BUSY;
    if (row->minor <= ALONE_MINOR && others)
        return RING_BUSY;
    r->position = s.last;
    r->room = room(r, &s, len_bytes);
    if (!r->room)
        return RING_BUSY;
    *ret_patch = (struct patch){0};
    put(r, s.last, (struct ring_call){function, r->room}, ret_patch);
    put(r, s.last + 1, idle, ret_patch);
    patch_add(ret_patch, r->queue + row->last, (s.last + 2) % row->entries, 4);
    patch_add(ret_patch, r->queue + row->todo, row->minor >= MUTEX_MINOR ? s.todo + 2 : 1, 4);
    if (r->breaker)
        patch_add(ret_patch, r->breaker, 1, 4);
    return RING_FREE;
}

static bool is_queued(const struct ring *r, struct mem *mem, uint32_t position,
                      struct ring_call call)
{
    struct state s;
    struct ring_call there;
    if (read_state(r, mem, &s) || mem_read(mem, entry_at(r, position), &there, sizeof(there)) ||
        !holds(r->row, &s) || there.function != call.function || there.argument != call.argument)
        return false;
    uint32_t ahead = (position + r->row->entries - s.first) % r->row->entries;
    return ahead < used(r->row, &s);
}

bool ring_waits(const struct ring *r, struct mem *mem, uint64_t function)
{
    return is_queued(r, mem, r->position, (struct ring_call){function, r->room});
}

bool ring_runs(const struct ring *r, struct mem *mem, struct ring_call idle)
{
    return is_queued(r, mem, (r->position + 1) % r->row->entries, idle);
}

void ring_replace(const struct ring *r, struct ring_call idle, struct patch *ret_patch)
{
    *ret_patch = (struct patch){0};
    put(r, r->position, idle, ret_patch);
}
