/* The queue of calls that CPython runs between two instructions (Py_AddPendingCall), 3.8 to 3.13: where it lies, whether
 * it may be touched, and what is to be written to add a call or to take it back. Only right while every thread of the
 * process is halted.
 *
 *   until 3.11   the main thread runs what is in it
 *   3.12, 3.13   any thread of the main interpreter does
 */
#ifndef HEATLINE_INJECT_RING_H
#define HEATLINE_INJECT_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpython/runtime.h"
#include "inject/patch.h"
#include "subject/mem.h"

enum ring_state {
    RING_FREE,    /* a call can be added */
    RING_BUSY,    /* its lock is held, it is full, a call runs, or Python is only starting: later */
    RING_STRANGE, /* this is no such queue: leave it alone */
    RING_ENDING,  /* the interpreter is about to end, or has none */
};

struct ring_call {
    uint64_t function, argument;
};

struct ring {
    const struct ring_row *row;
    uint64_t queue;    /* address of its struct _pending_calls */
    uint64_t breaker;  /* address of the int eval_breaker; 0: each thread state has one (3.13) */
    uint32_t position; /* index of the call that ring_add has put there */
    uint64_t room;     /* where ring_add says that its text may be put */
};

/* RING_FREE, RING_STRANGE (also: a version that is not known) or RING_ENDING. */
enum ring_state ring_find(struct ring *r, const struct runtime *runtime, struct mem *mem);

/* Adds a call of `function`, whose argument is a text of `len_bytes`, at the end, and `idle`, a call that does nothing,
 * behind it. The text is to be put at `room`: in the entries that are going to be used last, so that it need not be taken
 * away either. Fills `ret_patch` if it is RING_FREE. */
enum ring_state ring_add(struct ring *r, struct mem *mem, uint64_t function, size_t len_bytes,
                         struct ring_call idle, struct patch *ret_patch);

/* Has the call not begun yet? */
bool ring_waits(const struct ring *r, struct mem *mem, uint64_t function);
/* Has it not returned yet? `idle` is taken right after that. */
bool ring_runs(const struct ring *r, struct mem *mem, struct ring_call idle);

/* In the place of a call that waits, `idle`, since those behind it cannot be moved up. */
void ring_replace(const struct ring *r, struct ring_call idle, struct patch *ret_patch);

#endif
