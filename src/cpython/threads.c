/* Knows PyInterpreterState's and PyThreadState's lists; not what the threads do. */
#include "cpython/threads.h"

#include <string.h>

/* Of struct pthread.tid: glibc's nptl/descr.h, musl's src/internal/pthread_impl.h (1.1.22 and later). */
#ifdef __aarch64__
enum { GLIBC_PTHREAD_TID = 208, MUSL_PTHREAD_TID = 32 };
#else
enum { GLIBC_PTHREAD_TID = 720, MUSL_PTHREAD_TID = 48 };
#endif

struct walker {
    struct mem *m;
    const struct runtime *runtime;
    threads_each *each;
    void *context;
    bool over;
    int count; /* of all threads so far */
};

int32_t threads_pthread_tid(struct mem *m, const struct runtime *runtime, uint64_t ident)
{
    int32_t tid = 0;
    const uint64_t offset = runtime->musl ? MUSL_PTHREAD_TID : GLIBC_PTHREAD_TID;
    if (!ident || mem_read(m, ident + offset, &tid, sizeof(tid)) != RD_OK)
        return 0;
    return tid > 0 ? tid : 0;
}

/* Before 3.11 the thread state does not hold the kernel's id, but the C library's struct pthread does. */
static int32_t tid_of(const struct walker *w, const uint8_t *tstate, uint64_t ident)
{
    const struct layout *l = &w->runtime->layout;
    uint64_t native = 0;
    if (layout_has(l->tstate_native_id)) {
        memcpy(&native, tstate + l->tstate_native_id, sizeof(native));
        return native <= INT32_MAX ? (int32_t)native : 0;
    }
    return threads_pthread_tid(w->m, w->runtime, ident);
}

static enum rd interp_threads(struct walker *w, struct threads_entry *entry, uint64_t address)
{
    const struct layout *l = &w->runtime->layout;
    uint64_t landmark = 0;
    for (int i = 0; address && w->count < THREADS_MAX && !w->over; i++, w->count++) {
        uint8_t tstate[LAYOUT_TSTATE_BYTES_MAX];
        uint64_t back;
        /* Does the list bite its tail? Remember one entry at each power of two (Brent). */
        if (address == landmark)
            return RD_TORN;
        if ((i & (i - 1)) == 0)
            landmark = address;
        enum rd rd = mem_read(w->m, address, tstate, l->tstate_prefix_bytes);
        if (rd != RD_OK)
            return rd;
        memcpy(&back, tstate + l->tstate_interp, sizeof(back));
        if (back != entry->interp)
            return RD_TORN;
        entry->tstate = address;
        memcpy(&entry->unique, tstate + l->tstate_unique, sizeof(entry->unique));
        memcpy(&entry->ident, tstate + l->tstate_ident, sizeof(entry->ident));
        entry->tid = tid_of(w, tstate, entry->ident);
        w->over = !w->each(w->context, entry);
        memcpy(&address, tstate + l->tstate_next, sizeof(address));
    }
    return RD_OK;
}

static enum rd interp_read(struct walker *w, uint64_t address, uint64_t *ret_next)
{
    const struct layout *l = &w->runtime->layout;
    struct threads_entry entry = {.interp = address};
    uint64_t head;
    bool own_gil = layout_has(l->interp_gil);
    const struct mem_range ranges[] = {
        {address + l->interp_next, 8, ret_next},
        {address + l->interp_id, 8, &entry.interp_id},
        {address + l->interp_threads, 8, &head},
        {address + l->interp_gil, 8, &entry.gil},
    };
    enum rd rd = mem_read_many(w->m, ranges, own_gil ? 4 : 3);
    if (l->free_threaded)
        entry.gil = 0;
    else if (!own_gil && layout_has(l->runtime_gil))
        entry.gil = w->runtime->address + l->runtime_gil;
    return rd == RD_OK ? interp_threads(w, &entry, head) : rd;
}

enum rd threads_read(struct mem *m, const struct runtime *runtime, threads_each *each,
                     void *context)
{
    struct walker walker = {.m = m, .runtime = runtime, .each = each, .context = context};
    uint64_t address, next = 0, landmark = 0;
    enum rd rd = mem_read_u64(m, runtime->address + runtime->layout.runtime_interpreters, &address);
    for (int i = 0; rd == RD_OK && address && !walker.over; i++, address = next) {
        bool again = i && address == landmark;
        if ((i & (i - 1)) == 0)
            landmark = address;
        rd =
            !again && i < THREADS_INTERPRETERS_MAX ? interp_read(&walker, address, &next) : RD_TORN;
    }
    return rd;
}
