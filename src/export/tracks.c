/* Knows that kernel thread ids stay below 2^22 (PID_MAX_LIMIT), so that numbers above are free. Readers
 * want a number of 31 bits:
 *
 *     0 | 8 bits: how often it was used before | 22 bits: tid
 *     1 | 30 bits: tasks, counted */
#include "export/tracks.h"

#include "base/alloc.h"

enum { TID_BITS = 22, TIMES_MAX = 255, TASK_FIRST = 1 << 30 };

static uint64_t key_of(uint32_t pid, uint32_t tid)
{
    return (uint64_t)pid << 32 | tid;
}

void tracks_init(struct tracks *t)
{
    *t = (struct tracks){.tasks = 0};
    map_init(&t->used);
}

void tracks_release(struct tracks *t)
{
    map_release(&t->used);
}

bool tracks_has(const struct tracks *t, uint32_t pid, uint32_t tid)
{
    uint32_t times;
    return map_find(&t->used, key_of(pid, tid), &times);
}

uint32_t tracks_thread(struct tracks *t, uint32_t pid, uint32_t tid)
{
    uint32_t times = 0;
    map_find(&t->used, key_of(pid, tid), &times);
    map_put(&t->used, key_of(pid, tid), times + 1);
    return tid + ((times < TIMES_MAX ? times : TIMES_MAX) << TID_BITS);
}

uint32_t tracks_task(struct tracks *t)
{
    return TASK_FIRST + t->tasks++ % TASK_FIRST;
}

uint64_t *tracks_new(const struct view *v)
{
    uint64_t *numbers = alloc_zeroed(v->threads.len + 1, sizeof(*numbers));
    struct tracks tracks;
    tracks_init(&tracks);
    for (size_t i = 0; i < v->threads.len; i++) {
        const struct view_thread *thread = vec_at(&v->threads, i);
        if (thread->samples) {
            numbers[i] = tracks_thread(&tracks, thread->pid, thread->tid);
        }
    }
    tracks_release(&tracks);
    return numbers;
}
