/* The asyncio tasks of a process, with where each is suspended (3.14+). */
#ifndef HEATLINE_DUMP_TASKS_H
#define HEATLINE_DUMP_TASKS_H

#include "dump/look.h"

/* Finds the tables that _asyncio publishes. False: it is not loaded, or too old. */
bool tasks_find(struct tasks_offsets *ret_offsets, const struct dump *dump, struct mem *live);
/* Those of one thread; `orphans`: of its interpreter's too, which have outlived their thread. */
void tasks_take(struct look *look, struct dump_thread *thread, bool orphans);

#endif
