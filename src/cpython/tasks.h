/* asyncio tasks of 3.14+: who awaits whom, from the tables that _asyncio publishes (.AsyncioDebug). */
#ifndef HEATLINE_CPYTHON_TASKS_H
#define HEATLINE_CPYTHON_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "cpython/layout.h"
#include "subject/mem.h"

enum {
    TASKS_LIST_MAX = 1 << 16,
    TASKS_OFFSETS_BYTES = 104,
    TASKS_CHAIN_MAX = 64,    /* tasks in one await chain */
    TASKS_FRAMES_MAX = 256,  /* coroutine frames in one task */
    TASKS_AWAITERS_MAX = 64, /* tasks told that await one task */
};

/* Offsets that _asyncio publishes (struct _asyncio debug offsets, Modules/_asynciomodule.c). */
struct tasks_offsets {
    uint64_t task_bytes, task_name, task_awaited_by, task_is_task, task_awaited_by_is_set,
        task_coro, task_node;
    uint64_t interp_bytes, interp_tasks_head;
    uint64_t tstate_bytes, tstate_running_loop, tstate_running_task, tstate_tasks_head;
};

int tasks_offsets_parse(struct tasks_offsets *ret_offsets, const uint8_t *bytes, size_t len_bytes);

/* One step of the chain: a suspended coroutine frame of a task. `code` and `instr` as in struct walk_frame. */
struct tasks_frame {
    uint64_t code, instr;
    uint32_t tlbc_index;
};

/* The running task of a thread, then whoever awaits it, and so on outwards (first awaiter where there are
 * several). `each_task` gets its name; then `each_frame` gets the suspended coroutine frames of that task, innermost first
 * (none for the running task itself: its frames are on the thread's stack). RD_OK with no call: no task runs. */
struct tasks_visitor {
    void (*task)(void *context, const char *name, size_t len_bytes);
    void (*frame)(void *context, const struct tasks_frame *frame);
    void *context;
};
enum rd tasks_running(struct mem *m, const struct layout *l, const struct tasks_offsets *offsets,
                      uint64_t tstate, const struct tasks_visitor *visitor);

/* Every task of a thread that is not done: those that it made, by its list (tasks_thread_list) or
 * those that outlived their thread, by the interpreter's (tasks_interp_list). */
struct tasks_entry {
    uint64_t task, coroutine;
    uint64_t awaiters[TASKS_AWAITERS_MAX]; /* that await it, through futures such as gather()'s */
    size_t awaiters_len;
};
/* Gets each with its name, until it returns false. */
typedef bool tasks_each(void *context, const struct tasks_entry *entry, const char *name,
                        size_t len_bytes);
uint64_t tasks_thread_list(const struct tasks_offsets *offsets, uint64_t tstate);
uint64_t tasks_interp_list(const struct tasks_offsets *offsets, uint64_t interp);
enum rd tasks_list(struct mem *m, const struct layout *l, const struct tasks_offsets *offsets,
                   uint64_t list, tasks_each *each, void *context);
/* The task that a thread runs now; 0 if none. */
enum rd tasks_current(struct mem *m, const struct layout *l, const struct tasks_offsets *offsets,
                      uint64_t tstate, uint64_t *ret_task);

#endif
