/* Has a thread that waits in a system call make calls of its own first, and wait on afterwards. Under its stack is laid a
 * chain of signal frames: each call returns into rt_sigreturn, by which the kernel gives the thread the registers of the
 * next call and, in the end, its own. Once laid it needs nobody, so whoever has laid it may be killed. */
#ifndef HEATLINE_INJECT_SIGFRAME_H
#define HEATLINE_INJECT_SIGFRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "subject/maps.h"
#include "subject/mem.h"

enum { SIGFRAME_CALLS_MAX = 4 };

struct sigframe_call {
    uint64_t function, argument;
};

/* Where the C library calls rt_sigreturn; 0: nowhere, or not known for this kind of processor. */
uint64_t sigframe_return(const struct maps *maps, struct mem *mem);

enum sigframe_wait {
    SIGFRAME_RUNS, /* it is in no system call that may be left and begun again */
    SIGFRAME_LOCK,
    SIGFRAME_OTHER, /* time, descriptors, connections, files, children */
};

struct sigframe_lock {
    uint64_t address;
    uint64_t timeout; /* address of a struct timespec; 0: none */
};

/* What does the thread wait for, and of a lock, where is it? All here is of a thread that is stopped (ptrace). */
enum sigframe_wait sigframe_wait(pid_t tid, struct sigframe_lock *ret_lock);

/* The innermost code on its stack that is in another file than where it waits, which is the C library; 0: none near. */
uint64_t sigframe_caller(pid_t tid, const struct maps *maps, struct mem *mem);

/* The system call is begun again, or fails with EINTR if it was to wait until a certain time. False, and nothing has
 * changed: it does not wait, or not on the stack of the main thread. */
bool sigframe_lay(pid_t tid, const struct maps *maps, uint64_t return_address,
                  const struct sigframe_call *calls, size_t count);

#endif
