/* What every thread of a process is doing at one moment, read from outside. */
#ifndef HEATLINE_DUMP_DUMP_H
#define HEATLINE_DUMP_DUMP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "cpython/runtime.h"
#include "dump/hold.h"
#include "model/profile.h"

struct dump_options {
    unsigned locals; /* 0: none; else each value may take that many times DUMP_VALUE_CHARS */
    enum hold_which hold;
    bool tasks; /* of asyncio too, 3.14+ */
};

enum { DUMP_VALUE_CHARS = 128, DUMP_LOCALS_MAX = 512 /* of one frame */ };

enum dump_gil { DUMP_GIL_NONE, DUMP_GIL_WAITED_FOR, DUMP_GIL_HELD };

struct dump_thread {
    uint64_t tstate, ident, interp, interp_id, gil_address;
    pid_t tid;              /* as we see it; 0: not known */
    size_t name;            /* in texts; "" not known */
    bool known;             /* whether it is on a CPU, and where it blocks */
    bool on_cpu, suspended; /* suspended: by a signal or a debugger */
    int64_t syscall;        /* that it blocks in; -1: none */
    enum dump_gil gil;
    bool collecting; /* it holds the GIL and the garbage collector is at work */
    bool unsteady;   /* it ran while it was read: values of its variables may not fit together */
    bool truncated;  /* only the outer part of its stack could be read … */
    bool unreadable; /* … or nothing */
    size_t frames, frames_len;
    size_t tasks, tasks_len;
};

struct dump_frame {
    struct frame_id id;
    size_t locals, locals_len;
};

struct dump_local {
    size_t name, value; /* in texts */
    uint64_t address;   /* of the object */
    bool argument, cut; /* cut: the value is longer */
};

struct dump_task {
    uint64_t address;
    size_t awaiters, awaiters_len; /* in awaiters */
    size_t name;                   /* in texts */
    bool running;                  /* its frames are on the thread's stack */
    size_t frames, frames_len;     /* of one that is suspended, innermost first */
};

struct dump {
    pid_t pid;
    struct dump_options options;
    struct runtime runtime;
    struct str executable, command;
    pid_t parent;
    struct profile *places;                    /* functions and frames by id */
    struct vec threads, frames, locals, tasks; /* of the structs above */
    struct vec awaiters;                       /* of uint64_t, addresses of tasks */
    struct str texts;
    size_t stopped;      /* threads that were stopped … */
    uint64_t stopped_ns; /* … and for how long, at most */
    bool denied;         /* one of them could not be */
};

/* NULL with `err` set: why the process cannot be read. `finder` remembers what it learnt of
 * executables, for the next one. */
struct dump *dump_new(struct runtime_finder *finder, pid_t pid, const struct dump_options *options,
                      struct err *err);
void dump_free(struct dump *d); /* NULL is a no-op */

/* For who fills it: adds a text, NUL included, and returns where. */
size_t dump_add_text(struct dump *d, const char *text, size_t len_bytes);
const char *dump_string(const struct dump *d, size_t offset);
/* The name of a task that awaits it, i < awaiters_len; NULL: that task is not among those known. */
const char *dump_awaiter(const struct dump *d, const struct dump_task *task, size_t i);
const char *dump_frame_function(const struct dump *d, const struct dump_frame *frame);
const char *dump_frame_file(const struct dump *d, const struct dump_frame *frame);
uint32_t dump_frame_line(const struct dump *d, const struct dump_frame *frame);
uint32_t dump_frame_first_line(const struct dump *d, const struct dump_frame *frame);

#endif
