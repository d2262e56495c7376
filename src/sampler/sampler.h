/* The sampler: looks into running Python processes from outside and emits what they are doing. It never
 * writes into them; it stops one thread for microseconds when nothing else gives a true stack. */
#ifndef HEATLINE_SAMPLER_SAMPLER_H
#define HEATLINE_SAMPLER_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "model/dictionary.h"
#include "model/sink.h"

enum sampler_freeze {
    SAMPLER_FREEZE_MOVING, /* a thread that moves too fast to be read; the default */
    SAMPLER_FREEZE_NEVER,
    SAMPLER_FREEZE_ALL, /* all Python threads of a process, for each look */
};

struct sampler_options {
    enum sampler_freeze freeze;
    bool subprocesses;  /* follow children of Python processes too */
    bool async;         /* put the await chain of the running task under its stack (3.14+) */
    uint64_t period_ns; /* between looks: what keeping a thread seized is worth */
};

struct sampler_stats {
    uint64_t ticks, samples, rejected, truncated;
    uint32_t processes, threads; /* now */
    uint32_t processes_seen;
};

struct sampler;

/* `sink` must outlive it. */
struct sampler *sampler_new(const struct sampler_options *options, struct sink *sink);
void sampler_free(struct sampler *s);

/* Watches a process that runs now. With `wait`, one that is not Python (yet) is watched for becoming it or
 * starting it, until sampler_exited tells its end; else that is an error that says why. 0 or -1. */
int sampler_attach(struct sampler *s, pid_t pid, bool wait, struct err *err);
/* Looks at every process once. */
void sampler_tick(struct sampler *s);
/* Did that leave a thread seized, so that its signals pass through us? */
bool sampler_holds(const struct sampler *s);
/* Looks for new children and for processes that have become Python; cheap when nothing happened. */
void sampler_watch(struct sampler *s);
/* Call when SIGCHLD came: threads that we hold may have signals to be passed on. */
void sampler_attend(struct sampler *s);
/* The end of a process that the caller has waited for. */
void sampler_exited(struct sampler *s, pid_t pid, int64_t exit_status);
/* No process is left to watch. */
bool sampler_idle(const struct sampler *s);
/* How a process that was waited for while one of its threads was held ended: a wait status, or -1. */
int sampler_wait_status(const struct sampler *s, pid_t pid);
struct sampler_stats sampler_stats(const struct sampler *s);
struct dictionary *sampler_dictionary(struct sampler *s);
struct sink *sampler_sink(struct sampler *s);
const struct sampler_options *sampler_options(const struct sampler *s);

#endif
