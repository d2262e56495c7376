/* Is a thread on a CPU, and has it run since we last looked? From /proc, through files kept open. */
#ifndef HEATLINE_SUBJECT_THREAD_STAT_H
#define HEATLINE_SUBJECT_THREAD_STAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "subject/mem.h"

struct thread_stat {
    int schedstat_fd, syscall_fd; /* -1: closed, or not to be had */
    uint64_t run_ns, runs;        /* CPU time and times scheduled, as of the last look */
    uint64_t ran_ns;              /* CPU time between the last two looks */
    bool running;                 /* at the last look: running or runnable */
    int64_t syscall;              /* that it blocks in; -1 = none or not known */
    uint64_t argument;            /* the first one of it */
};

int thread_stat_open(struct thread_stat *s, pid_t pid, pid_t tid); /* 0, or -1: no such thread */
void thread_stat_close(struct thread_stat *s);

/* Has it run at all since the last look? A thread that was blocked then and has not, still stands where it
 * stood. RD_OK with *ret_ran, or RD_GONE. */
enum rd thread_stat_ran(struct thread_stat *s, bool *ret_ran);
/* Updates running, syscall and argument. */
enum rd thread_stat_look(struct thread_stat *s);

#endif
