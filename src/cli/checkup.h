/* What stands in the way of looking into one process, or into any on this machine. */
#ifndef HEATLINE_CLI_CHECKUP_H
#define HEATLINE_CLI_CHECKUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "cpython/runtime.h"
#include "subject/diagnose.h"

struct checkup {
    pid_t pid;
    uint32_t version;            /* PY_VERSION_HEX; 0: not known */
    bool free_threaded, guessed; /* guessed: newer than the table of versions */
    uint32_t threads;
    struct str command;
    struct err reading;  /* STATUS_OK: it can be read; else why not and what helps */
    struct err freezing; /* likewise, of stopping its threads */
};

void checkup_process(struct checkup *ret, struct runtime_finder *finder, pid_t pid);
void checkup_release(struct checkup *c);
/* Adds a struct checkup for every process that is a Python, or looks like one from outside. */
void checkup_all(struct vec *checkups, struct runtime_finder *finder);

struct machine {
    struct obstacles obstacles; /* `self` and what holds for every process */
    bool sys_ptrace;
    bool probing;      /* subject/probe.h */
    int perf_paranoid; /* INT_MAX: not told */
    char kernel[64];
};

void machine_look(struct machine *ret);

#endif
