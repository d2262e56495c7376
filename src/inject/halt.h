/* Stops every thread of a process, so that what is written into it is seen as a whole or not at all. */
#ifndef HEATLINE_INJECT_HALT_H
#define HEATLINE_INJECT_HALT_H

#include <sys/types.h>

#include "base/err.h"
#include "base/vec.h"

struct halt {
    pid_t pid;
    struct vec threads; /* of struct freeze */
};

/* 0, or -1 with nothing stopped. Threads that begin meanwhile are stopped as well. */
int halt_begin(struct halt *h, pid_t pid, struct err *err);
/* Lets all of them go on. */
void halt_end(struct halt *h);

enum halt_waits {
    HALT_LOCKS, /* for a lock: Python runs what is pending, and waits on */
    HALT_ANY, /* also for time, connections and descriptors: Python looks for signals, and waits on */
};

/* While it is halted: lets the main thread's waiting call return as if a signal had come (EINTR), of which these calls
 * are documented to do. Nothing if that thread is elsewhere. */
void halt_nudge(struct halt *h, enum halt_waits which);

#endif
