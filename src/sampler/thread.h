/* One Python thread being sampled: where it is, how it was last seen, how it is best read. */
#ifndef HEATLINE_SAMPLER_THREAD_H
#define HEATLINE_SAMPLER_THREAD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"
#include "base/vec.h"
#include "cpython/threads.h"
#include "cpython/walk.h"
#include "model/ids.h"
#include "subject/freeze.h"
#include "subject/probe.h"
#include "subject/thread_stat.h"

struct process;

enum { THREAD_INNER_CODES = 1 };

struct thread {
    uint64_t tstate, interp, interp_id, ident;
    uint64_t unique; /* tells it from another thread whose state lies at the same address */
    uint64_t gil;    /* address of the lock it competes for; 0 = none */
    pid_t tid;       /* as we see it */
    struct thread_id id;
    bool named, seen, gone;
    struct str name; /* read, but not yet known to be its own */

    struct thread_stat stat;
    struct freeze freeze;
    struct probe_thread probed;
    struct walk walk;
    bool baseline; /* stat was read before the last walk: "has not run" proves the stack */
    bool sampled;
    bool asked;         /* it takes part in this round's common read */
    bool told, ran;     /* it is known in this round whether it has run */
    bool stands;        /* it waits for the GIL where it did, as was found for all that wait */
    bool collecting;    /* the collector ran at the last read */
    uint64_t current;   /* ≤ 3.11: the thread state that held the GIL then */
    uint32_t unsettled; /* share of reads that were torn, of UNSETTLED_ONE */
    bool disturbed;     /* the last read was interrupted, and made again */
    uint32_t looks;
    uint64_t chance;    /* state of a random sequence */
    uint64_t thawed_ns; /* when its last stop or probe ended */

    uint64_t inner_codes[THREAD_INNER_CODES]; /* of the last stack's innermost frames; 0 = none */
    struct vec path; /* of struct step, outermost first: the last stack and its ids */
    uint32_t path_epoch, path_doubts, path_replaced; /* of the code cache, then */
    uint64_t path_checked_ns;                        /* when all its codes were checked */
    struct stack_id stack;                           /* what the last look found … */
    uint32_t state;                                  /* … enum sample_state */
};

enum thread_verdict {
    THREAD_SAMPLED,   /* stack and state are set */
    THREAD_TRUNCATED, /* likewise, with the outer part of the stack only */
    THREAD_TORN,      /* no stack */
    THREAD_INVALID,   /* what was read is no stack */
    THREAD_GONE,
};

/* NULL: the kernel knows no such thread (any more). */
struct thread *thread_new(const struct process *p, const struct threads_entry *entry, pid_t tid);
void thread_free(struct thread *t);
/* Before a round of looks: did it wait for the GIL at the last one? */
bool thread_waited(const struct thread *t);
/* For one that did: if it may have had it since, but waits for it now, adds what tells whether it has. True: it did;
 * thread_hear when the ranges were read. */
bool thread_ask(struct process *p, struct thread *t, struct vec *ranges);
void thread_hear(struct process *p, struct thread *t);
enum thread_verdict thread_sample(struct process *p, struct thread *t, uint64_t now_ns);

#endif
