/* What a process uses, as the kernel tells anybody. */
#ifndef HEATLINE_SUBJECT_USAGE_H
#define HEATLINE_SUBJECT_USAGE_H

#include <stdint.h>
#include <sys/types.h>

struct usage {
    uint64_t cpu_ns; /* of all its threads, those that ended too */
    uint64_t resident_bytes;
};

int usage_read(struct usage *ret, pid_t pid); /* 0, or -1: it is gone */

#endif
