/* One process being sampled: from "not Python yet" to its end. */
#ifndef HEATLINE_SAMPLER_PROCESS_H
#define HEATLINE_SAMPLER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/vec.h"
#include "cpython/code.h"
#include "cpython/runtime.h"
#include "cpython/tasks.h"
#include "model/dictionary.h"
#include "sampler/sampler.h"
#include "sampler/thread.h"
#include "subject/mem.h"

enum process_state {
    PROCESS_WAITING, /* no Python in it, or not up yet */
    PROCESS_LIVE,
    PROCESS_GONE,
};

struct process {
    struct sampler *sampler;
    pid_t pid;
    enum process_state state;
    enum runtime_state found; /* what the last probe said */
    struct process *parent;   /* or NULL */
    struct process_id id;     /* 0 until it turned out to be Python */
    struct mem *mem;
    struct runtime runtime;
    struct code_cache *codes;
    bool freezable;  /* ptrace works on it */
    bool probeable;  /* so do probes, as far as is known */
    bool awaited;    /* whoever started it tells when it has ended, and how: sampler_exited */
    bool holds;      /* the last round left a thread of it seized */
    bool unborn;     /* the last scan saw threads that could not be added yet */
    bool namespaced; /* its thread ids are those of another pid namespace */

    struct vec interps;                    /* of struct interp */
    struct vec threads;                    /* of struct thread * */
    uint64_t head;                         /* interpreters_head at the last scan */
    uint64_t code_generation, code_interp; /* code objects that had died in that interpreter */
    uint64_t current;    /* ≤ 3.11: the thread state that held the GIL when this round began */
    uint64_t gil, turns; /* of the lock that threads waited for at the last round, its count then */
    struct vec ranges;   /* of struct mem_range: what a round reads of many threads at once */
    uint64_t last_tick_ns, next_probe_ns, probe_wait_ns, next_heads_ns, next_scan_ns, next_names_ns;
    uint64_t names_wait_ns;
    uint64_t born_ns; /* not to be probed before */
    uint64_t next_exec_ns, executable_inode, executable_device;
    uint64_t exec_mark; /* of the program whose Python it is */
    int wait_status; /* what waitpid said of it, if it ended while we held a thread of it; else -1 */
    struct tasks_offsets tasks;
    uint64_t tasks_address; /* of .AsyncioDebug; 0 = not looked for or not there */
    uint64_t next_tasks_ns;
};

struct interp {
    uint64_t address, threads_head;
};

enum { NAMES_WAIT_MIN_NS = 5000000 }; /* between questions for thread names, doubled each time */

struct process *process_new(struct sampler *s, pid_t pid, struct process *parent);
void process_free(struct process *p);
/* Looks for the runtime if it is time to. True if the process is live afterwards. */
bool process_probe(struct process *p, uint64_t now_ns);
/* One look at every thread. Emits TICK and SAMPLEs. */
void process_tick(struct process *p, uint64_t now_ns);
void process_end(struct process *p, uint64_t now_ns, int64_t exit_status);
/* What waitpid said of it while one of its threads was held; -1 = nothing. */
int process_wait_status(const struct process *p);
struct thread *process_thread(const struct process *p, size_t i);
int process_emit(struct process *p, const struct event *event);
struct string_id process_string(struct process *p, const char *text, size_t len_bytes);
/* Passes on what happened to threads that are seized. */
void process_attend(struct process *p);

#endif
