/* A way to have a script run inside a process. */
#ifndef HEATLINE_INJECT_WAY_H
#define HEATLINE_INJECT_WAY_H

#include <sys/types.h>

#include "base/err.h"
#include "cpython/runtime.h"
#include "subject/mem.h"

enum way_look { WAY_WAITING, WAY_ANSWERED, WAY_GIVEN_UP };

struct way_target {
    pid_t pid;
    struct mem *mem;
    struct runtime runtime;
    const char *folder;                   /* where the script is, as the process sees it */
    enum way_look (*look)(void *context); /* has it answered, or is it waited for no longer? */
    void *context;
};

/* Asks for the script to be run, and returns when it has answered or look() gives up. What was written into the process
 * is taken back, be it in vain or not. 0, or -1 if it cannot even be asked for. */
int way_pending_call(const struct way_target *t, struct err *err); /* 3.8 to 3.13 */
int way_debugger(const struct way_target *t, struct err *err);     /* PEP 768: 3.14 and later */

#endif
