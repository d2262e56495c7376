/* The fields of /proc/PID/status that tell who a process is and what guards it. */
#ifndef HEATLINE_SUBJECT_PROC_STATUS_H
#define HEATLINE_SUBJECT_PROC_STATUS_H

#include <stdint.h>
#include <sys/types.h>

struct proc_status {
    char state; /* R, S, D, Z, …; 0 when the line is missing */
    pid_t tgid, parent, tracer;
    uint32_t uids[3], gids[3]; /* real, effective, saved */
    uint32_t threads;
    int has_memory, kernel_thread; /* the latter is told by Linux 6.10 and later only */
    uint64_t caps_permitted, caps_effective;
};

/* 0, or the errno of opening or reading it. `pid` may be a thread; 0 is this process. */
int proc_status_read(struct proc_status *ret, pid_t pid);
void proc_status_parse(struct proc_status *ret, const char *text); /* what is missing is 0 */

#endif
