/* Knows that kernel thread ids stay below 2^22 (PID_MAX_LIMIT), so that numbers above are free. */
#include "export/tracks.h"

#include "base/alloc.h"
#include "base/map.h"

enum { TID_BITS = 22 };

uint64_t *tracks_new(const struct view *v)
{
    uint64_t *tracks = alloc_zeroed(v->threads.len + 1, sizeof(*tracks));
    struct map used; /* pid, tid → how often */
    map_init(&used);
    for (size_t i = 0; i < v->threads.len; i++) {
        const struct view_thread *thread = vec_at(&v->threads, i);
        uint64_t key = (uint64_t)thread->pid << 32 | thread->tid;
        uint32_t times = 0;
        if (!thread->samples) {
            continue;
        }
        map_find(&used, key, &times);
        tracks[i] = thread->tid + ((uint64_t)times << TID_BITS);
        map_put(&used, key, times + 1);
    }
    map_release(&used);
    return tracks;
}
