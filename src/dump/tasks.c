/* Knows what a dump tells of a task; how tasks are linked is cpython/tasks.h's. */
#include "dump/tasks.h"

#include <string.h>

#include "base/clock.h"
#include "cpython/coroutine.h"

bool tasks_find(struct tasks_offsets *ret_offsets, const struct dump *dump, struct mem *live)
{
    static const char *const files[] = {"_asyncio",
                                        "python"}; /* a module of its own, or built in */
    uint8_t bytes[TASKS_OFFSETS_BYTES];
    if (layout_minor(&dump->runtime.layout) < 14)
        return false;
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        uint64_t address = runtime_section(dump->pid, files[i], ".AsyncioDebug");
        if (address && mem_read(live, address, bytes, sizeof(bytes)) == RD_OK &&
            tasks_offsets_parse(ret_offsets, bytes, sizeof(bytes)) == 0)
            return true;
    }
    return false;
}

struct adding {
    struct look *look;
    uint64_t running;
};

static void add_frames(struct look *look, struct dump_task *task, uint64_t coroutine)
{
    struct tasks_frame found[TASKS_FRAMES_MAX];
    struct dump *d = look->dump;
    size_t count = 0;
    if (coroutine_frames(look->mem, &d->runtime.layout, coroutine, found, TASKS_FRAMES_MAX,
                         &count) != RD_OK)
        return;
    while (count-- > 0) {
        const struct walk_frame place = {.code = found[count].code,
                                         .instr = found[count].instr,
                                         .tlbc_index = found[count].tlbc_index,
                                         .python = true};
        struct dump_frame frame = {.locals = d->locals.len};
        if (code_cache_prepare(look->codes, &place, 1, CODE_DUE_NS, clock_ns()) == RD_OK &&
            code_cache_frame(look->codes, &place, &frame.id))
            *(struct dump_frame *)vec_push(&d->frames) = frame;
    }
    task->frames_len = d->frames.len - task->frames;
}

static bool add_task(void *context, const struct tasks_entry *entry, const char *name,
                     size_t len_bytes)
{
    const struct adding *adding = context;
    struct dump *d = adding->look->dump;
    struct dump_task task = {.address = entry->task,
                             .awaiters = d->awaiters.len,
                             .awaiters_len = entry->awaiters_len,
                             .name = dump_add_text(d, name, len_bytes),
                             .running = entry->task == adding->running,
                             .frames = d->frames.len};
    for (size_t i = 0; i < entry->awaiters_len; i++)
        *(uint64_t *)vec_push(&d->awaiters) = entry->awaiters[i];
    if (!task.running)
        add_frames(adding->look, &task, entry->coroutine);
    *(struct dump_task *)vec_push(&d->tasks) = task;
    return true;
}

void tasks_take(struct look *look, struct dump_thread *thread, bool orphans)
{
    struct dump *d = look->dump;
    const struct layout *l = &d->runtime.layout;
    struct adding adding = {.look = look};
    thread->tasks = d->tasks.len;
    if (tasks_current(look->mem, l, &look->tasks, thread->tstate, &adding.running) != RD_OK)
        return;
    tasks_list(look->mem, l, &look->tasks, tasks_thread_list(&look->tasks, thread->tstate),
               add_task, &adding);
    if (orphans)
        tasks_list(look->mem, l, &look->tasks, tasks_interp_list(&look->tasks, thread->interp),
                   add_task, &adding);
    thread->tasks_len = d->tasks.len - thread->tasks;
}
