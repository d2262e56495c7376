/* Stops every thread of a process, so that what is written into it is seen as a whole or not at all. */
#ifndef HEATLINE_INJECT_HALT_H
#define HEATLINE_INJECT_HALT_H

#include <stdbool.h>
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

/* Is this thread stopped, and by nobody else besides? */
bool halt_holds(const struct halt *h, pid_t tid);

#endif
