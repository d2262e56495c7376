/* One look at a process through a `struct mem`: fills the threads, frames and variables of a dump. */
#ifndef HEATLINE_DUMP_LOOK_H
#define HEATLINE_DUMP_LOOK_H

#include "base/map.h"
#include "cpython/code.h"
#include "cpython/repr.h"
#include "cpython/tasks.h"
#include "cpython/walk.h"
#include "dump/dump.h"

struct look {
    struct dump *dump; /* what is filled */
    struct mem *mem;
    struct mem *live; /* for the stacks of threads that do not stand still */
    const struct hold *hold;
    struct dictionary *dictionary;
    struct code_cache *codes;  /* reads through `mem` */
    struct repr repr;          /* likewise */
    struct map written;        /* values, while `mem` stays the same */
    struct walk still, moving; /* apart: the latter learns how long reading takes */
    bool has_tasks;
    struct tasks_offsets tasks;
    bool namespaced; /* its thread ids are those of another pid namespace */
    struct map tids; /* by the process's own number of it */
};

/* `dump` has its runtime and an empty profile. */
void look_init(struct look *look, struct dump *dump, struct mem *mem, struct mem *live,
               const struct hold *hold);
void look_release(struct look *look);
/* Replaces what the dump holds. As long as no thread is known to `hold`, all are taken to stand still:
 * what comes of that is of no use but for what was read. RD_TORN: no list of threads; else a part that cannot be read is
 * marked as such. */
enum rd look_take(struct look *look);

#endif
