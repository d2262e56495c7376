/* Knows what Python's thread has to call; not how it is made to. */
#include "inject/detour.h"

#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/clock.h"
#include "cpython/gil.h"
#include "cpython/threads.h"
#include "inject/image.h"
#include "subject/exec_mark.h"
#include "subject/task_ids.h"

enum {
    GILSTATE_UNLOCKED = 1, /* PyGILState_UNLOCKED, Include/pystate.h */
    ELF_PAD = 9,           /* bytes of an ELF file's beginning that are zero */
};

struct main_thread {
    const struct way_target *target;
    int32_t tid; /* as the process knows it */
    bool found, held;
    uint64_t gil;
};

static bool look_at(void *context, const struct threads_entry *entry)
{
    struct main_thread *m = context;
    const struct layout *layout = &m->target->runtime.layout;
    bool held;
    if (entry->tid != m->tid)
        return true;
    m->found = true;
    m->gil = entry->gil;
    /* Free-threaded builds have one as well, which is used while a module is imported. */
    if (layout->free_threaded &&
        mem_read_u64(m->target->mem, entry->interp + layout->interp_gil, &m->gil))
        m->held = true;
    m->held |= gil_read_held(m->target->mem, &m->target->runtime, entry->tstate, &held) || held;
    return true;
}

/* 0: without the GIL. */
static int find_main(struct main_thread *ret, const struct way_target *t)
{
    *ret = (struct main_thread){.target = t, .tid = task_ids_inner(t->pid, t->pid)};
    enum rd rd = threads_read(t->mem, &t->runtime, look_at, ret);
    return rd == RD_OK && ret->found && !ret->held ? 0 : -1;
}

/* Does the thread wait for the GIL? Where it is: on a condition variable, which glibc keeps in the lock, but musl makes
 * of words on stacks. There it is told by how long it waits until it asks for the GIL again. */
static bool awaits_gil(const struct main_thread *m, const struct maps *maps,
                       const struct sigframe_lock *lock)
{
    const struct mapping *mapping = maps_find(maps, lock->address);
    struct timespec timeout;
    struct gil_turns turns;
    if (gil_awaited(m->gil, SYS_futex, lock->address))
        return true;
    if (!m->target->runtime.musl || !m->gil || !lock->timeout || !mapping ||
        strcmp(mapping->path, "[stack]") != 0)
        return false;
    return mem_read(m->target->mem, lock->timeout, &timeout, sizeof(timeout)) != RD_OK ||
           gil_turns_read(m->target->mem, m->gil, &turns) != RD_OK ||
           (uint64_t)timeout.tv_sec * NS_PER_S + (uint64_t)timeout.tv_nsec <=
               turns.interval_us * NS_PER_US;
}

/* Who waits for a lock may have another one that Python is going to need, say the allocator's. Not so if Python itself
 * waits; and if that is for the GIL, it is coming. */
static bool may_leave(const struct main_thread *m, const struct maps *maps, uint64_t function)
{
    const struct way_target *t = m->target;
    struct sigframe_lock lock;
    switch (sigframe_wait(t->pid, &lock)) {
    case SIGFRAME_LOCK:
        return !awaits_gil(m, maps, &lock) &&
               maps_same_file(maps_find(maps, sigframe_caller(t->pid, maps, t->mem)),
                              maps_find(maps, function));
    case SIGFRAME_OTHER:
        return true;
    default:
        return false;
    }
}

/* Of a text that is empty. */
static uint64_t no_text(const struct maps *maps, struct mem *mem, uint64_t function)
{
    const struct mapping *code = maps_find(maps, function);
    uint64_t at = code ? maps_first(maps, code)->start + ELF_PAD : 0;
    uint8_t byte = 1;
    return at && mem_read(mem, at, &byte, sizeof(byte)) == RD_OK && !byte ? at : 0;
}

static bool look_up(struct detour *d, const struct maps *maps)
{
    const struct way_target *t = d->target;
    const uint64_t at = t->runtime.address;
    d->calls[0] = (struct sigframe_call){image_symbol(t->pid, maps, at, "PyGILState_Ensure"), 0};
    d->calls[1].function = image_symbol(t->pid, maps, at, "PyRun_SimpleString");
    d->calls[1].argument = no_text(maps, t->mem, d->calls[1].function);
    d->calls[2] = (struct sigframe_call){image_symbol(t->pid, maps, at, "PyGILState_Release"),
                                         GILSTATE_UNLOCKED};
    d->return_address = sigframe_return(maps, t->mem);
    return d->calls[0].function && d->calls[1].function && d->calls[1].argument &&
           d->calls[2].function && d->return_address;
}

void detour_prepare(struct detour *ret_detour, const struct way_target *t)
{
    struct maps maps;
    maps_init(&maps);
    *ret_detour = (struct detour){.target = t, .exec_mark = exec_mark(t->pid)};
    ret_detour->possible = maps_read(&maps, t->pid) == RD_OK && look_up(ret_detour, &maps);
    maps_release(&maps);
}

bool detour_begin(const struct detour *d, const struct halt *h)
{
    const struct way_target *t = d->target;
    struct maps maps;
    struct main_thread m;
    if (!d->possible || !halt_holds(h, t->pid) || exec_mark(t->pid) != d->exec_mark ||
        find_main(&m, t))
        return false;
    maps_init(&maps);
    bool begun = maps_read(&maps, t->pid) == RD_OK && may_leave(&m, &maps, d->calls[1].function) &&
                 sigframe_lay(t->pid, &maps, d->return_address, d->calls, DETOUR_CALLS);
    maps_release(&maps);
    return begun;
}
