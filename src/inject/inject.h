/* Has a shared library loaded into a running Python process, and one of its functions run there with the GIL held. The
 * only part of Heatline that writes into another process.
 *
 *   3.14 and later  as sys.remote_exec does (PEP 768)
 *   3.8 to 3.13     a pending call, written while all threads are halted (ring.h)
 *
 * Nothing runs anywhere but where Python itself looks for signals and pending calls, so never inside malloc, the loader
 * or a half-done change. A main thread that waits in the kernel is made to look from there (detour.h). A process that does
 * not come to such a point is left as it was.
 *
 * The library exports `void *PyInit_ENTRY(void)`, which does its work, answers by raising an ImportError, and returns
 * NULL; bytes `config` are in the globals of the frame that it is called from (PyEval_GetGlobals). */
#ifndef HEATLINE_INJECT_INJECT_H
#define HEATLINE_INJECT_INJECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum { INJECT_ANSWER_BYTES = 512 };

struct inject_call {
    /* Path here of NAME.so; its copy stays mapped, and is used again at the next call. Into a process on musl goes
     * NAME-musl.so, which lies beside it. */
    const char *library;
    const char *entry;
    const char *config;
    uint64_t timeout_ns;
    bool (*stop)(void *context); /* asked now and then: give up at once? NULL: never */
    void *context;
};

/* 0 with what the function answered, or -1. */
int inject_run(pid_t pid, const struct inject_call *call, char ret_answer[INJECT_ANSWER_BYTES],
               struct err *err);

#endif
