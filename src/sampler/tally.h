/* What the parts of the sampler share: its counters, ids and caches. */
#ifndef HEATLINE_SAMPLER_TALLY_H
#define HEATLINE_SAMPLER_TALLY_H

#include "cpython/runtime.h"
#include "sampler/process.h"

struct sampler_stats *sampler_tally(struct sampler *s);
struct runtime_finder *sampler_finder(struct sampler *s);
/* Made when it is first asked for; NULL where it is not to be had. */
struct probe *sampler_probe(struct sampler *s);
struct thread_id sampler_next_thread(struct sampler *s);

/* The await chain under the task that a thread runs, as a stack; none if it runs no task. */
struct stack_id process_tasks_stack(struct process *p, const struct thread *t);

#endif
