/* Why a process has no Python that we can read, in one sentence and a hint: the same words whichever
 * command met it. */
#ifndef HEATLINE_CPYTHON_VERDICT_H
#define HEATLINE_CPYTHON_VERDICT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "cpython/runtime.h"

/* runtime_find said `state`, for the `tries`th time: is it worth asking again? Then a moment has passed. An interpreter
 * that is just coming up, or a process in the middle of an exec, deserves that. */
bool verdict_wait(pid_t pid, enum runtime_state state, int tries);

/* `state` is what runtime_find said, and not RUNTIME_READY. Always -1. */
int verdict_tell(pid_t pid, enum runtime_state state, const struct layout *layout, struct err *err);

/* Finds the runtime; gives an interpreter that is just coming up half a second. 0, or -1 with the
 * verdict. */
int verdict_find(struct runtime_finder *finder, pid_t pid, struct mem *mem,
                 struct runtime *ret_runtime, struct err *err);

#endif
