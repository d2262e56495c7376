/* Knows where each version says who runs; nothing of stacks. */
#include "cpython/gil.h"

#include <sys/syscall.h>

enum {
    GIL_BYTES = 216,        /* struct _gil_runtime_state, Include/internal/pycore_gil.h */
    STATUS_ACTIVE = 1 << 4, /* PyThreadState._status.active, 3.12+ */
};

enum rd gil_current(struct mem *m, const struct runtime *runtime, uint64_t *ret_tstate)
{
    const struct layout *l = &runtime->layout;
    *ret_tstate = 0;
    if (!layout_has(l->runtime_tstate_current))
        return RD_OK;
    return mem_read_u64(m, runtime->address + l->runtime_tstate_current, ret_tstate);
}

bool gil_held(const struct layout *l, const struct walk *walk, uint64_t tstate, uint64_t current)
{
    if (layout_has(l->runtime_tstate_current))
        return current == tstate;
    if (layout_has(l->tstate_holds_gil) && !l->free_threaded)
        return walk_tstate_u32(walk, l->tstate_holds_gil) != 0;
    return walk_tstate_u32(walk, l->tstate_status) & STATUS_ACTIVE;
}

enum rd gil_read_held(struct mem *m, const struct runtime *runtime, uint64_t tstate, bool *ret_held)
{
    const struct layout *l = &runtime->layout;
    struct walk walk;
    uint64_t current;
    enum rd rd = gil_current(m, runtime, &current);
    if (rd == RD_OK)
        rd = mem_read(m, tstate, walk.tstate, l->tstate_prefix_bytes);
    *ret_held = rd == RD_OK && gil_held(l, &walk, tstate, current);
    return rd;
}

bool gil_awaited(uint64_t gil, int64_t syscall, uint64_t argument)
{
    /* Who was stopped in it waits on in another call, with the same argument. */
    bool futex = syscall == SYS_futex || syscall == SYS_restart_syscall;
    return gil && futex && argument - gil < GIL_BYTES;
}

enum rd gil_turns_read(struct mem *m, uint64_t gil, struct gil_turns *ret)
{
    uint64_t fields[4]; /* interval, last_holder, locked, switch_number */
    enum rd rd = mem_read(m, gil, fields, sizeof(fields));
    if (rd == RD_OK)
        *ret = (struct gil_turns){fields[0], fields[1], fields[3]};
    return rd;
}

enum rd gil_collecting(struct mem *m, const struct runtime *runtime, uint64_t interp,
                       bool *ret_collecting)
{
    const struct layout *l = &runtime->layout;
    uint32_t collecting;
    uint64_t address = layout_has(l->runtime_gc_collecting)
                           ? runtime->address + l->runtime_gc_collecting
                           : interp + l->interp_gc + l->gc_collecting;
    enum rd rd = mem_read(m, address, &collecting, sizeof(collecting));
    *ret_collecting = rd == RD_OK && collecting != 0;
    return rd;
}
