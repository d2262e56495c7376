/* Knows asyncio's C tasks: which one a thread runs, and who awaits it. A look is taken as a
 * whole, and told only if the same task still runs, and is awaited by the same ones,
 * afterwards. */
#include "cpython/tasks.h"

#include <stdbool.h>
#include <string.h>

#include "cpython/blocks.h"
#include "cpython/coroutine.h"
#include "cpython/objects.h"

enum {
    TASK_BYTES_MAX = 4096,
    TSTATE_BYTES_MAX = 1 << 16,
    HOPS_MAX = 2 * TASKS_CHAIN_MAX, /* tasks, and futures between them */
    SET_SLOTS_MAX = 1 << 12,
    SET_SLOTS_READ = 64,
    FRAMES_MAX = 1024, /* in all */
};

/* tp_flags (Include/object.h). */
enum { FLAG_INT = 1 << 24, FLAG_STR = 1 << 28 };

static bool within(uint64_t size, uint64_t offset, uint64_t width)
{
    return offset <= size && width <= size - offset;
}

int tasks_offsets_parse(struct tasks_offsets *ret_offsets, const uint8_t *bytes, size_t len_bytes)
{
    struct tasks_offsets o;
    _Static_assert(sizeof(o) == TASKS_OFFSETS_BYTES, "as struct _Py_AsyncioModuleDebugOffsets");
    if (len_bytes < sizeof(o))
        return -1;
    memcpy(&o, bytes, sizeof(o));
    bool sound =
        o.task_bytes <= TASK_BYTES_MAX && within(o.task_bytes, o.task_name, 8) &&
        within(o.task_bytes, o.task_awaited_by, 8) && within(o.task_bytes, o.task_is_task, 1) &&
        within(o.task_bytes, o.task_awaited_by_is_set, 1) && within(o.task_bytes, o.task_coro, 8) &&
        within(o.task_bytes, o.task_node, 16) && o.tstate_bytes <= TSTATE_BYTES_MAX &&
        within(o.tstate_bytes, o.tstate_running_loop, 8) &&
        within(o.tstate_bytes, o.tstate_running_task, 8);
    if (!sound)
        return -1;
    *ret_offsets = o;
    return 0;
}

struct look {
    struct mem *m;
    const struct layout *l;
    const struct tasks_offsets *offsets;
};

static enum rd running(const struct look *look, uint64_t tstate, uint64_t *ret_task)
{
    uint64_t loop, task;
    const struct mem_range ranges[] = {
        {tstate + look->offsets->tstate_running_loop, 8, &loop},
        {tstate + look->offsets->tstate_running_task, 8, &task},
    };
    enum rd rd = mem_read_many(look->m, ranges, 2);
    if (rd == RD_OK)
        *ret_task = loop ? task : 0;
    return rd;
}

/* Up to `max` members of a set, whose slots in use are those with a key, then its hash, which is −1
 * where a key was removed. */
static enum rd members_of_set(const struct look *look, uint64_t set, size_t max, uint64_t *ret_keys,
                              size_t *ret_count)
{
    uint64_t mask, table, slots[SET_SLOTS_READ][2];
    const struct mem_range ranges[] = {
        {set + look->l->set_mask, 8, &mask},
        {set + look->l->set_table, 8, &table},
    };
    enum rd rd = mem_read_many(look->m, ranges, 2);
    if (rd == RD_OK && mask >= SET_SLOTS_MAX)
        return RD_TORN;
    for (uint64_t i = 0; rd == RD_OK && i <= mask && *ret_count < max; i += SET_SLOTS_READ) {
        uint64_t count = mask - i < SET_SLOTS_READ ? mask - i + 1 : SET_SLOTS_READ;
        rd = mem_read(look->m, table + i * sizeof(*slots), slots, count * sizeof(*slots));
        for (uint64_t k = 0; rd == RD_OK && k < count && *ret_count < max; k++)
            if (slots[k][0] && slots[k][1] != UINT64_MAX)
                ret_keys[(*ret_count)++] = slots[k][0];
    }
    return rd;
}

/* Of a task or a future: they begin alike (FutureObj_HEAD). */
static enum rd awaiters(const struct look *look, uint64_t future, size_t max, uint64_t *ret,
                        size_t *ret_count)
{
    uint64_t by;
    uint8_t is_set;
    const struct mem_range ranges[] = {
        {future + look->offsets->task_awaited_by, 8, &by},
        {future + look->offsets->task_awaited_by_is_set, 1, &is_set},
    };
    enum rd rd = mem_read_many(look->m, ranges, 2);
    *ret_count = 0;
    if (rd != RD_OK || !by)
        return rd;
    if (is_set)
        return members_of_set(look, by, max, ret, ret_count);
    ret[(*ret_count)++] = by;
    return RD_OK;
}

struct chain {
    uint64_t hops[HOPS_MAX];
    bool is_task[HOPS_MAX];
    size_t len;
};

static bool seen(const struct chain *c, uint64_t future)
{
    for (size_t i = 0; i < c->len; i++)
        if (c->hops[i] == future)
            return true;
    return false;
}

/* From a task outwards; ends early where it would close a circle. */
static enum rd chain_read(const struct look *look, uint64_t future, struct chain *ret)
{
    size_t tasks = 0;
    ret->len = 0;
    while (future && ret->len < HOPS_MAX && tasks < TASKS_CHAIN_MAX && !seen(ret, future)) {
        uint8_t is_task;
        enum rd rd = mem_read(look->m, future + look->offsets->task_is_task, &is_task, 1);
        if (rd != RD_OK)
            return rd;
        ret->hops[ret->len] = future;
        ret->is_task[ret->len++] = is_task;
        tasks += is_task != 0;
        size_t count;
        if ((rd = awaiters(look, future, 1, &future, &count)) != RD_OK)
            return rd;
        if (!count)
            break;
    }
    return RD_OK;
}

/* A task without a name of its own has a number (task_get_name in Modules/_asynciomodule.c). */
static enum rd name_read(const struct look *look, uint64_t task, struct str *ret_name)
{
    uint64_t name, type, flags;
    int64_t number;
    enum rd rd = mem_read_u64(look->m, task + look->offsets->task_name, &name);
    if (rd == RD_OK)
        rd = mem_read_u64(look->m, name + look->l->object_type, &type);
    if (rd == RD_OK)
        rd = mem_read_u64(look->m, type + look->l->type_flags, &flags);
    if (rd != RD_OK)
        return rd;
    if (flags & FLAG_STR)
        return object_str(look->m, look->l, name, ret_name);
    if (!(flags & FLAG_INT))
        return RD_TORN;
    rd = object_int(look->m, look->l, name, &number);
    if (rd == RD_OK)
        str_printf(ret_name, "Task-%lld", (long long)number);
    return rd;
}

/* What a look found; told only once it has proven to hold. */
struct found {
    struct tasks_frame frames[FRAMES_MAX];
    struct {
        size_t name_end, frames_end; /* in names and frames, which follow one another */
    } tasks[TASKS_CHAIN_MAX];
    size_t tasks_len, frames_len;
    struct str names;
};

static enum rd find(const struct look *look, uint64_t task, bool suspended, struct found *found)
{
    size_t count = 0, room = FRAMES_MAX - found->frames_len;
    if (suspended) {
        uint64_t coroutine;
        enum rd rd = mem_read_u64(look->m, task + look->offsets->task_coro, &coroutine);
        if (rd == RD_OK)
            rd = coroutine_frames(look->m, look->l, coroutine, found->frames + found->frames_len,
                                  room < TASKS_FRAMES_MAX ? room : TASKS_FRAMES_MAX, &count);
        if (rd != RD_OK)
            return rd;
    }
    enum rd rd = name_read(look, task, &found->names);
    found->frames_len += count;
    found->tasks[found->tasks_len].name_end = found->names.len;
    found->tasks[found->tasks_len++].frames_end = found->frames_len;
    return rd;
}

static void tell(const struct found *found, const struct tasks_visitor *visitor)
{
    size_t name = 0, frame = 0;
    for (size_t i = 0; i < found->tasks_len; i++) {
        size_t name_end = found->tasks[i].name_end, frames_end = found->tasks[i].frames_end;
        const char *names = found->names.data ? found->names.data : "";
        visitor->task(visitor->context, names + name, name_end - name);
        for (size_t k = frames_end; k > frame; k--)
            visitor->frame(visitor->context, &found->frames[k - 1]);
        name = name_end;
        frame = frames_end;
    }
}

static enum rd look_at(const struct look *look, const struct chain *chain, struct found *found)
{
    enum rd rd = RD_OK;
    for (size_t i = 0; rd == RD_OK && i < chain->len; i++)
        if (chain->is_task[i])
            rd = find(look, chain->hops[i], i > 0, found);
    return rd;
}

static enum rd still(const struct look *look, uint64_t tstate, const struct chain *chain)
{
    uint64_t task;
    struct chain after;
    enum rd rd = running(look, tstate, &task);
    if (rd == RD_OK)
        rd = chain_read(look, task, &after);
    if (rd != RD_OK)
        return rd;
    bool same = after.len == chain->len &&
                memcmp(after.hops, chain->hops, after.len * sizeof(*after.hops)) == 0;
    return same ? RD_OK : RD_TORN;
}

enum rd tasks_running(struct mem *m, const struct layout *l, const struct tasks_offsets *offsets,
                      uint64_t tstate, const struct tasks_visitor *visitor)
{
    if (!layout_has(l->gen_iframe) || !layout_has(l->set_table) ||
        !layout_has(l->frame_stackpointer))
        return RD_OK;
    struct blocks blocks;
    blocks_init(&blocks, m);
    const struct look look = {&blocks.mem, l, offsets};
    uint64_t task;
    struct chain chain;
    struct found found;
    found.tasks_len = found.frames_len = 0;
    found.names = STR_EMPTY;
    enum rd rd = running(&look, tstate, &task);
    if (rd != RD_OK || !task)
        return rd;
    rd = chain_read(&look, task, &chain);
    if (rd == RD_OK && !chain.is_task[0])
        rd = RD_TORN;
    if (rd == RD_OK)
        rd = look_at(&look, &chain, &found);
    blocks_init(&blocks, m); /* forget: what is read now is new */
    if (rd == RD_OK)
        rd = still(&look, tstate, &chain);
    if (rd == RD_OK)
        tell(&found, visitor);
    str_release(&found.names);
    return rd;
}

uint64_t tasks_thread_list(const struct tasks_offsets *offsets, uint64_t tstate)
{
    return tstate + offsets->tstate_tasks_head;
}

uint64_t tasks_interp_list(const struct tasks_offsets *offsets, uint64_t interp)
{
    return interp + offsets->interp_tasks_head;
}

enum rd tasks_current(struct mem *m, const struct layout *l, const struct tasks_offsets *offsets,
                      uint64_t tstate, uint64_t *ret_task)
{
    const struct look look = {m, l, offsets};
    *ret_task = 0;
    return running(&look, tstate, ret_task);
}

static void add_once(uint64_t *all, size_t *len, size_t max, uint64_t one)
{
    for (size_t i = 0; i < *len; i++)
        if (all[i] == one)
            return;
    if (*len < max)
        all[(*len)++] = one;
}

/* Every task that awaits it, itself or through futures. */
static enum rd awaiting_tasks(const struct look *look, struct tasks_entry *entry)
{
    uint64_t futures[HOPS_MAX] = {entry->task};
    size_t len = 1;
    enum rd rd = RD_OK;
    for (size_t i = 0; rd == RD_OK && i < len; i++) {
        uint64_t found[TASKS_AWAITERS_MAX];
        size_t count;
        rd = awaiters(look, futures[i], TASKS_AWAITERS_MAX, found, &count);
        for (size_t k = 0; rd == RD_OK && k < count; k++) {
            uint8_t is_task;
            rd = mem_read(look->m, found[k] + look->offsets->task_is_task, &is_task, 1);
            if (rd == RD_OK && is_task)
                add_once(entry->awaiters, &entry->awaiters_len, TASKS_AWAITERS_MAX, found[k]);
            else if (rd == RD_OK)
                add_once(futures, &len, HOPS_MAX, found[k]);
        }
    }
    return rd;
}

/* A ring: next and previous node (Include/internal/pycore_llist.h), the head being one of them. */
enum rd tasks_list(struct mem *m, const struct layout *l, const struct tasks_offsets *offsets,
                   uint64_t list, tasks_each *each, void *context)
{
    const struct look look = {m, l, offsets};
    struct str name = STR_EMPTY;
    uint64_t node;
    enum rd rd = mem_read_u64(m, list, &node);
    bool more = true;
    for (int i = 0; rd == RD_OK && more && node && node != list && i < TASKS_LIST_MAX; i++) {
        struct tasks_entry entry = {.task = node - offsets->task_node};
        str_clear(&name);
        rd = mem_read_u64(m, entry.task + offsets->task_coro, &entry.coroutine);
        if (rd == RD_OK)
            rd = awaiting_tasks(&look, &entry);
        if (rd == RD_OK)
            rd = name_read(&look, entry.task, &name);
        if (rd == RD_OK)
            more = each(context, &entry, name.data ? name.data : "", name.len);
        if (rd == RD_OK)
            rd = mem_read_u64(m, node, &node);
    }
    str_release(&name);
    return rd;
}
