/* Finds the Python runtime in a process: which ELF file holds it, where, and which version it is. */
#ifndef HEATLINE_CPYTHON_RUNTIME_H
#define HEATLINE_CPYTHON_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cpython/layout.h"
#include "subject/mem.h"

enum runtime_state {
    RUNTIME_READY,
    RUNTIME_EARLY,       /* a Python is mapped, but its interpreter is not up (or already down) */
    RUNTIME_NONE,        /* no Python is mapped */
    RUNTIME_UNSUPPORTED, /* a Python that we have no layout for, or whose layout does not hold */
    RUNTIME_GONE,
    RUNTIME_DENIED,
};

struct runtime {
    struct layout layout;
    uint64_t address;   /* of _PyRuntime */
    uint64_t code_type; /* of PyCode_Type; 0 if not exported */
    bool musl;          /* its C library */
};

/* Remembers what it learnt of each ELF file, so that the next process of the same kind is found at once. */
struct runtime_finder;

struct runtime_finder *runtime_finder_new(void);
void runtime_finder_free(struct runtime_finder *f);

/* Looks through every mapped ELF file, likely ones first. */
enum runtime_state runtime_find(struct runtime_finder *f, pid_t pid, struct mem *mem,
                                struct runtime *ret_runtime);

/* Does `runtime` still hold for this memory (a forked child has its parent's)? */
enum runtime_state runtime_check(const struct runtime *runtime, struct mem *mem);

/* Has it come so far that code may be run in it: can modules be imported (_PyRuntime.initialized)? False when it cannot
 * be read. */
bool runtime_is_initialized(const struct runtime *runtime, struct mem *mem);

/* Address of section `name` of the mapped file whose path contains `file`; 0 if not there. */
uint64_t runtime_section(pid_t pid, const char *file, const char *name);

#endif
