/* Numbers for threads in formats that know a thread by (pid, tid) alone: the tid, or another number
 * where one thread runs several interpreters or a tid was used again. */
#ifndef HEATLINE_EXPORT_TRACKS_H
#define HEATLINE_EXPORT_TRACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/view.h"
#include "base/map.h"

struct tracks {
    struct map used; /* pid, tid → how often */
    uint32_t tasks;
};

void tracks_init(struct tracks *t);
void tracks_release(struct tracks *t);
uint32_t tracks_thread(struct tracks *t, uint32_t pid, uint32_t tid);
uint32_t tracks_task(struct tracks *t); /* for what is no thread of the kernel's */
bool tracks_has(const struct tracks *t, uint32_t pid, uint32_t tid);

/* Of all threads of a view that have samples, by index in view->threads; free() it. */
uint64_t *tracks_new(const struct view *v);

#endif
