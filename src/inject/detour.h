/* The last resort for a process whose main thread waits in the kernel and does not come back to Python: the thread takes
 * the GIL, runs no line of Python, whereby it comes to what is asked of it, lets the GIL go and waits on. As a library
 * does that calls Python back while Python waits for it. */
#ifndef HEATLINE_INJECT_DETOUR_H
#define HEATLINE_INJECT_DETOUR_H

#include <stdbool.h>
#include <stdint.h>

#include "inject/halt.h"
#include "inject/sigframe.h"
#include "inject/way.h"

enum { DETOUR_CALLS = 3 };

/* What is looked up while the process still runs. */
struct detour {
    const struct way_target *target;
    uint64_t exec_mark; /* of the program in which this lies there */
    struct sigframe_call calls[DETOUR_CALLS];
    uint64_t return_address;
    bool possible;
};

void detour_prepare(struct detour *ret_detour, const struct way_target *t);

/* While it is halted. False, and nothing has changed: its main thread does not wait in a system call, or has the GIL, or
 * this cannot be done. */
bool detour_begin(const struct detour *d, const struct halt *h);

#endif
