/* Who holds the interpreter's lock, and who waits for it. */
#ifndef HEATLINE_CPYTHON_GIL_H
#define HEATLINE_CPYTHON_GIL_H

#include <stdbool.h>
#include <stdint.h>

#include "cpython/runtime.h"
#include "cpython/walk.h"

/* 3.11 and older: the thread state that holds it; else 0. */
enum rd gil_current(struct mem *m, const struct runtime *runtime, uint64_t *ret_tstate);
/* Of the thread whose state `walk` has read. Without a GIL: it is attached, so it may run Python. */
bool gil_held(const struct layout *l, const struct walk *walk, uint64_t tstate, uint64_t current);
/* Of a thread that blocks in this system call: is it the lock at `gil` that it waits for? */
bool gil_awaited(uint64_t gil, int64_t syscall, uint64_t argument);
/* Is the collector at work in this interpreter? */
enum rd gil_collecting(struct mem *m, const struct runtime *runtime, uint64_t interp,
                       bool *ret_collecting);

#endif
