/* What is hot now: a sink that sums up samples by function and by line, alone and with what it called,
 * of every thread and of all together, since the last turn and since the beginning. Takes no memory
 * per sample; what it knows of functions and threads is bounded by the limits below.
 *
 * Time is thread time: a sample counts for the time since the last look at its process. A share is
 * of the time of the threads that did something that counts, so no share is ever above 100 %. */
#ifndef HEATLINE_ANALYSIS_LIVE_H
#define HEATLINE_ANALYSIS_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/query.h"
#include "base/vec.h"
#include "model/sink.h"

enum {
    LIVE_CELLS_MAX = 60000,   /* beyond, the coldest half becomes "(others)" */
    LIVE_ENTRIES_MAX = 65536, /* stacks seen within a turn before they are summed up early */
    LIVE_THREADS_MAX = 65536, /* beyond, samples are counted as lost */
    LIVE_DEAD_MAX = 1024,     /* ended threads whose cells are kept until the next tidying */
};

/* Which time counts. */
enum live_class { LIVE_WALL, LIVE_CPU, LIVE_GIL, LIVE_CLASSES };
enum live_span { LIVE_NOW /* between the last two turns */, LIVE_SINCE /* the last reset */ };

struct live_time {
    uint64_t own_ns, total_ns;
};

/* A place in the program, as shown. */
struct live_row {
    const char *name, *file; /* file: "" for none */
    const char *path;        /* as recorded */
    uint32_t line;           /* of a function: its first one; 0 = none */
    bool is_line;
};

struct live_thread {
    struct thread_id id;
    struct process_id process;
    uint32_t tid;
    const char *name;
    bool wanted, ended;
    uint32_t last_stack, last_entry; /* the entry that takes this stack's time; private */
    uint64_t next_looked_ns, now_looked_ns, since_looked_ns; /* it was watched for so long */
    uint64_t next_kept_ns[LIVE_CLASSES], now_kept_ns[LIVE_CLASSES], since_kept_ns[LIVE_CLASSES];
};

/* What a row costs in one thread, or in all. */
struct live_cell {
    uint32_t row;    /* index in `rows` */
    uint32_t thread; /* id of the thread; 0 = all together. It may be gone (live_thread_of) */
    struct live_time next[LIVE_CLASSES], now[LIVE_CLASSES], since[LIVE_CLASSES];
};

struct live_process {
    struct process_id id;
    uint32_t pid, python, flags;
    const char *command;
    bool ended;
    uint64_t period_ns; /* of the last look */
    uint64_t next_looked_ns, now_looked_ns, since_looked_ns;
};

struct live {
    struct sink sink; /* emit events here */
    struct query query;
    struct vec rows;      /* struct live_row; 0 is "(others)" */
    struct vec cells;     /* struct live_cell */
    struct vec threads;   /* struct live_thread, by id */
    struct vec processes; /* struct live_process, by id */
    uint64_t samples, rejected, truncated, lost;
    uint64_t next_gil_ns, now_gil_ns, since_gil_ns; /* some thread of a process held the GIL */
    uint64_t ended_ns[LIVE_CLASSES]; /* watched since the reset: threads that have ended */
    uint32_t dropped;                /* rows that were too cold to be kept */
    uint32_t generation;             /* grows when rows get other numbers: at a turn only */
    struct live_index *index;        /* private */
};

/* The query's patterns must outlive it. */
struct live *live_new(const struct query *query);
void live_free(struct live *l);
/* Ends the time that is called "now" and begins the next one. */
void live_turn(struct live *l);
/* Begins "since" anew. */
void live_reset(struct live *l);
/* The producer has forgotten its ids (dictionary_epoch) and will define them anew. */
void live_forget(struct live *l);

struct live_time live_time(const struct live_cell *cell, enum live_span span,
                           enum live_class class);
/* What 100 % of a cell is. */
uint64_t live_base(const struct live *l, const struct live_cell *cell, enum live_span span,
                   enum live_class class);
double live_percent(uint64_t part_ns, uint64_t base_ns);                         /* 0 … 100 */
const struct live_thread *live_thread_of(const struct live *l, uint32_t thread); /* or NULL */
const struct live_process *live_process_of(const struct live *l,
                                           struct process_id id); /* or NULL */
/* Of the time processes were watched, how much of it a thread held the GIL; 0 … 100. */
double live_gil_percent(const struct live *l, enum live_span span);
/* Threads that did something that counts. */
uint32_t live_active(const struct live *l, enum live_span span, enum live_class class);

/* Who calls a row, and whom it calls, and for how much of its time; since the last reset or
 * forgetting, in all threads. Heaviest first. */
struct live_edge {
    uint32_t row;
    uint64_t ns;
};
struct live_edges {
    uint64_t total_ns;           /* of the row itself */
    struct vec callers, callees; /* struct live_edge; row UINT32_MAX: nobody, the row itself */
};
void live_edges_init(struct live_edges *e, struct live *l, uint32_t row, enum live_class class);
void live_edges_release(struct live_edges *e);

#endif
