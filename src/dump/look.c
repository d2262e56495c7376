/* Knows what a dump tells of each thread and where that is read; not when to read it, nor who holds
 * the target still. */
#include "dump/look.h"

#include <string.h>

#include "base/clock.h"
#include "cpython/gil.h"
#include "cpython/names.h"
#include "cpython/threads.h"
#include "dump/tasks.h"
#include "dump/variables.h"
#include "subject/task_ids.h"

enum { MOVING_TRIES = 20 };

void look_init(struct look *look, struct dump *dump, struct mem *mem, struct mem *live,
               const struct hold *hold)
{
    *look = (struct look){.dump = dump,
                          .mem = mem,
                          .live = live,
                          .hold = hold,
                          .namespaced = task_ids_nested(dump->pid)};
    look->dictionary = dictionary_new(&dump->places->sink);
    look->codes =
        code_cache_new(mem, &dump->runtime.layout, dump->runtime.code_type, look->dictionary);
    repr_init(&look->repr, mem, &dump->runtime.layout);
    walk_init(&look->still);
    walk_init(&look->moving);
    map_init(&look->tids);
    look->has_tasks = dump->options.tasks && tasks_find(&look->tasks, dump, live);
    map_init(&look->written);
}

void look_release(struct look *look)
{
    code_cache_free(look->codes);
    dictionary_free(look->dictionary);
    repr_release(&look->repr);
    walk_release(&look->still);
    walk_release(&look->moving);
    map_release(&look->written);
    map_release(&look->tids);
}

static struct dump_thread *thread_at(const struct dump *d, size_t i)
{
    return (struct dump_thread *)d->threads.data + i;
}

static pid_t tid_of(struct look *look, int32_t inner)
{
    uint32_t outer;
    if (!look->namespaced)
        return inner;
    if (!map_find(&look->tids, (uint64_t)inner, &outer)) {
        outer = (uint32_t)task_ids_outer(look->dump->pid, inner);
        map_put(&look->tids, (uint64_t)inner, outer);
    }
    return (pid_t)outer;
}

static bool add_thread(void *context, const struct threads_entry *entry)
{
    struct look *look = context;
    if (!entry->tid)
        return true; /* it has not started yet */
    struct dump_thread *t = vec_push(&look->dump->threads);
    *t = (struct dump_thread){
        .tstate = entry->tstate,
        .ident = entry->ident,
        .interp = entry->interp,
        .interp_id = entry->interp_id,
        .gil_address = entry->gil,
        .tid = tid_of(look, entry->tid),
        .syscall = -1,
    };
    return true;
}

/* CPython's lists begin with the youngest. */
static void oldest_first(struct dump *d)
{
    for (size_t i = 0, n = d->threads.len; i < n / 2; i++) {
        struct dump_thread other = *thread_at(d, i);
        *thread_at(d, i) = *thread_at(d, n - 1 - i);
        *thread_at(d, n - 1 - i) = other;
    }
}

static void add_frames(struct look *look, struct dump_thread *t, const struct walk *walk,
                       size_t from)
{
    struct dump *d = look->dump;
    struct mem *mem = walk == &look->still ? look->mem : look->live;
    const struct walk_frame *places = walk->frames.data;
    size_t count = walk->frames.len;
    if (code_cache_prepare(look->codes, places + from, count - from, CODE_DUE_NS, clock_ns()) !=
        RD_OK) {
        t->unreadable = true;
        return;
    }
    for (size_t i = from; i < count; i++) {
        struct frame_id id;
        if (!places[i].python || !code_cache_frame(look->codes, &places[i], &id))
            continue;
        struct dump_frame frame = {.id = id, .locals = d->locals.len};
        if (d->options.locals)
            variables_read(d, mem, &look->repr, mem == look->mem ? &look->written : NULL,
                           &places[i]);
        frame.locals_len = d->locals.len - frame.locals;
        *(struct dump_frame *)vec_push(&d->frames) = frame;
    }
    t->frames_len = d->frames.len - t->frames;
}

/* The stack of a thread that runs: read until two reads agree. */
static enum rd read_moving(struct look *look, const struct dump_thread *t)
{
    enum rd rd = RD_TORN;
    for (int i = 0; i < MOVING_TRIES && rd == RD_TORN; i++)
        rd = walk_read(&look->moving, look->live, &look->dump->runtime.layout, t->tstate,
                       WALK_VERIFIED);
    return rd;
}

static enum rd add_stack(struct look *look, struct dump_thread *t, bool still)
{
    const struct walk *w = still ? &look->still : &look->moving;
    t->frames = look->dump->frames.len;
    t->unsteady = !still;
    enum rd rd = still ? walk_read(&look->still, look->mem, &look->dump->runtime.layout, t->tstate,
                                   WALK_FROZEN)
                       : read_moving(look, t);
    if (rd == RD_GONE || rd == RD_DENIED)
        return rd;
    size_t from = rd == RD_OK ? 0 : w->frames.len - w->trusted;
    t->truncated = rd != RD_OK && w->trusted;
    t->unreadable = rd != RD_OK && !w->trusted;
    if (!t->unreadable)
        add_frames(look, t, w, from);
    return RD_OK;
}

static enum rd add_state(struct look *look, struct dump_thread *t, const struct walk *walk,
                         uint64_t current)
{
    const struct dump *d = look->dump;
    bool collecting = false;
    enum rd rd = gil_collecting(look->mem, &d->runtime, t->interp, &collecting);
    const struct hold_thread *held = hold_find(look->hold, t->tid);
    if (held && held->known) {
        t->known = true;
        t->on_cpu = held->on_cpu;
        t->suspended = held->suspended;
        t->syscall = held->syscall;
    }
    if (gil_held(&d->runtime.layout, walk, t->tstate, current))
        t->gil = DUMP_GIL_HELD;
    else if (t->known && !t->on_cpu && gil_awaited(t->gil_address, held->syscall, held->argument))
        t->gil = DUMP_GIL_WAITED_FOR;
    t->collecting = collecting && t->gil == DUMP_GIL_HELD;
    return rd == RD_TORN ? RD_OK : rd;
}

static void set_name(void *context, uint64_t ident, const char *name, size_t len_bytes)
{
    struct dump *d = context;
    for (size_t i = 0; i < d->threads.len; i++)
        if (thread_at(d, i)->ident == ident)
            thread_at(d, i)->name = dump_add_text(d, name, len_bytes);
}

/* `threading` may not have been imported, or not know a thread that C code has started. */
static void add_names(struct look *look)
{
    struct dump *d = look->dump;
    uint64_t last = 0;
    for (size_t i = 0; i < d->threads.len; i++) {
        uint64_t interp = thread_at(d, i)->interp;
        if (interp != last)
            names_read(look->mem, &d->runtime.layout, interp, set_name, d);
        last = interp;
    }
    for (size_t i = 0; i < d->threads.len; i++)
        if (thread_at(d, i)->tid == d->pid && !thread_at(d, i)->name)
            thread_at(d, i)->name = dump_add_text(d, "MainThread", strlen("MainThread"));
}

static void clear(struct dump *d)
{
    vec_clear(&d->threads);
    vec_clear(&d->frames);
    vec_clear(&d->locals);
    vec_clear(&d->tasks);
    str_clear(&d->texts);
    str_add_bytes(&d->texts, "", 1); /* offset 0 is "" */
}

enum rd look_take(struct look *look)
{
    struct dump *d = look->dump;
    bool learning = !look->hold->threads.len;
    uint64_t current;
    clear(d);
    code_cache_doubt(look->codes);
    repr_forget(&look->repr);
    map_clear(&look->written);
    enum rd rd = threads_read(look->mem, &d->runtime, add_thread, look);
    if (rd == RD_OK)
        rd = gil_current(look->mem, &d->runtime, &current);
    oldest_first(d);
    for (size_t i = 0; i < d->threads.len && rd == RD_OK; i++) {
        struct dump_thread *t = thread_at(d, i);
        const struct hold_thread *held = hold_find(look->hold, t->tid);
        bool still = learning || (held && held->still);
        rd = add_stack(look, t, still);
        if (rd == RD_OK)
            rd = add_state(look, t, still ? &look->still : &look->moving, current);
    }
    for (size_t i = 0; i < d->threads.len && rd == RD_OK && look->has_tasks; i++) {
        bool first = !i || thread_at(d, i)->interp != thread_at(d, i - 1)->interp;
        tasks_take(look, thread_at(d, i), first);
    }
    if (rd == RD_OK)
        add_names(look);
    return rd;
}
