/* Makes sure that no thread of a process moves while its memory is read. A thread that blocks is
 * left alone: the kernel counts how often and how long it ran, and the same count before and after
 * proves that it stood still. Only those that run are stopped. */
#ifndef HEATLINE_DUMP_HOLD_H
#define HEATLINE_DUMP_HOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/vec.h"
#include "subject/freeze.h"
#include "subject/mem.h"
#include "subject/thread_stat.h"

enum hold_which {
    HOLD_RUNNING, /* stop those that run */
    HOLD_ALL,     /* stop every one */
    HOLD_NONE,    /* stop none: who ran is known, and nothing more */
};

struct hold_thread {
    pid_t tid;
    bool on_cpu;       /* as the last hold_begin found it: running or runnable … */
    bool suspended;    /* … or it was on its way when a signal or a debugger stopped it */
    int64_t syscall;   /* that it blocks in; -1: none, or not known */
    uint64_t argument; /* the first one of it */
    bool still;        /* it did not move between the last hold_begin and hold_end */
    bool known;        /* the files of /proc could be read at all */
    bool restless;     /* it ran when it was taken to be blocked: stop it from now on */
    struct thread_stat stat;
    struct freeze freeze;
};

struct hold {
    pid_t pid;
    struct vec threads;            /* of struct hold_thread */
    bool denied;                   /* some thread must not be stopped */
    uint64_t begun_ns, stopped_ns; /* how long threads were stopped, at most, the last time */
    size_t stopped;                /* how many were, the last time */
};

void hold_init(struct hold *h, pid_t pid);
void hold_release(struct hold *h);           /* lets go of all */
void hold_thread(struct hold *h, pid_t tid); /* this one too, from now on */
void hold_begin(struct hold *h, enum hold_which which);
/* Lets go; true when every thread stood still meanwhile. */
bool hold_end(struct hold *h);
const struct hold_thread *hold_find(const struct hold *h, pid_t tid); /* or NULL */

#endif
