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
/* The same of a thread that has not been walked. */
enum rd gil_read_held(struct mem *m, const struct runtime *runtime, uint64_t tstate,
                      bool *ret_held);
/* Of a thread that blocks in this system call: is it the lock at `gil` that it waits for? */
bool gil_awaited(uint64_t gil, int64_t syscall, uint64_t argument);
/* How the lock at `gil` goes round: every so often who waits for it asks, and each time it goes to another thread than
 * the last one is counted. */
struct gil_turns {
    uint64_t interval_us; /* between two questions */
    uint64_t last;        /* the thread state that has it, or had it last */
    uint64_t count;
};
enum rd gil_turns_read(struct mem *m, uint64_t gil, struct gil_turns *ret);
/* Is the collector at work in this interpreter? */
enum rd gil_collecting(struct mem *m, const struct runtime *runtime, uint64_t interp,
                       bool *ret_collecting);

#endif
