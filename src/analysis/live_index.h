/* The inside of a `live`: what the events defined, and which rows and cells that became. */
#ifndef HEATLINE_ANALYSIS_LIVE_INDEX_H
#define HEATLINE_ANALYSIS_LIVE_INDEX_H

#include "analysis/filename.h"
#include "analysis/live.h"
#include "base/intern.h"
#include "base/map.h"
#include "base/str.h"

/* Definitions with dense ids. Ids go on counting after a forgetting, so a table begins at its first. */
struct live_table {
    struct vec items;
    uint32_t first;
};

struct live_function {
    struct string_id name, file;
    uint32_t first_line;
};

enum live_match { LIVE_INCLUDED = 1 << 0, LIVE_EXCLUDED = 1 << 1 };

struct live_frame {
    struct function_id function;
    uint32_t line;
    uint32_t function_row, line_row; /* 0 = not made yet */
    uint8_t match;
};

struct live_stack {
    uint32_t parent, frame, depth;
    uint64_t since_ns[LIVE_CLASSES]; /* in all threads, itself as the innermost */
};

/* Time of one stack of one thread that is not summed up yet. */
struct live_entry {
    uint32_t thread; /* index in live->threads */
    uint32_t stack;
    bool collecting;
    uint64_t ns[LIVE_CLASSES];
};

/* A place on a stack: the row of its function and that of its line. */
struct live_step {
    uint32_t function_row, line_row;
};

struct live_path {
    struct vec steps; /* struct live_step, the innermost first */
    struct vec rows;  /* uint32_t: of all steps, each row once */
    struct vec marks; /* uint32_t by row: the number of the last path that it stood on */
    uint32_t number;
};

struct live_index {
    struct live_table strings, functions, frames, stacks; /* strings: uint32_t ids of `texts` */
    struct intern *texts;                                 /* of the definitions */
    struct intern *shown, *keys;                          /* texts of rows; what tells rows apart */
    struct intern *names;                                 /* of threads and processes */
    struct map cells;                                     /* thread, row → cell */
    struct map entry_of;                                  /* thread, stack → entry */
    struct vec entries;
    struct live_path path;
    struct filename filename;
    struct str key, label;
    struct live_step gc;               /* rows of "<GC>"; 0 = not made yet */
    uint32_t process, thread_hint;     /* whose look it is; the thread that probably comes next */
    bool gil_seen;                     /* at this look at the process */
    uint32_t dead_threads;             /* whose cells are still there */
    uint64_t ended_looked_ns;          /* since the reset: processes that have ended */
    uint64_t base_ns[2][LIVE_CLASSES]; /* by enum live_span */
    uint32_t active[2][LIVE_CLASSES];
};

void *live_table_at(const struct live_table *t, uint32_t id); /* NULL: not defined */
void *live_table_define(struct live_table *t, uint32_t id);   /* NULL: an id out of order */

/* Index in a vec of structs that begin with their id, ascending; SIZE_MAX: not there. `hint` is
 * looked at first. */
size_t live_find(const struct vec *items, uint32_t id, size_t hint);

/* live_time.c: gives the time of every entry to the rows that stand on its stack. */
void live_sum_up(struct live *l);

/* live_rows.c */
void live_rows_begin(struct live *l);
/* The rows of a frame, made if need be. */
void live_rows_of(struct live *l, struct live_frame *frame);
struct live_step live_rows_synthetic(struct live *l, const char *name);
struct live_cell *live_cell_of(struct live *l, uint32_t thread, uint32_t row);
/* Forgets ended threads' cells and, if there are too many, the coldest ones. */
void live_rows_trim(struct live *l);

/* live_path.c: fills index->path with what stands on a stack; its first two rows are the innermost
 * place. False: the query does not want it. */
bool live_path_walk(struct live *l, uint32_t stack, bool collecting);

#endif
