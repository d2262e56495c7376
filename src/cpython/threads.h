/* The threads that an interpreter knows, and the interpreters of a process. */
#ifndef HEATLINE_CPYTHON_THREADS_H
#define HEATLINE_CPYTHON_THREADS_H

#include <stdbool.h>
#include <stdint.h>

#include "cpython/runtime.h"
#include "subject/mem.h"

enum { THREADS_INTERPRETERS_MAX = 256, THREADS_MAX = 8192 };

struct threads_entry {
    uint64_t tstate;
    uint64_t unique;    /* tells it from the next thread whose state lies there */
    uint64_t ident;     /* threading.get_ident() */
    uint64_t interp;    /* address of its interpreter … */
    uint64_t interp_id; /* … and its number; 0 is the main one */
    uint64_t gil;       /* address of the lock that it competes for; 0 = none */
    int32_t tid;        /* the kernel's, as the process itself knows it; 0 = not started yet */
};

/* The kernel's id that the C library keeps at a thread's ident, in the target's own numbering; 0 = none. */
int32_t threads_pthread_tid(struct mem *m, const struct runtime *runtime, uint64_t ident);

/* Calls for each thread state, the youngest of an interpreter first, until it returns false.
 * RD_TORN: a list was changing, or is none. */
typedef bool threads_each(void *context, const struct threads_entry *entry);
enum rd threads_read(struct mem *m, const struct runtime *runtime, threads_each *each,
                     void *context);

#endif
