/* What the agent has in each interpreter of the process: the main one, and subinterpreters that are met as they begin
 * to run. */
#ifndef HEATLINE_AGENT_INTERPRETER_H
#define HEATLINE_AGENT_INTERPRETER_H

#include <stdbool.h>
#include <sys/types.h>

struct interpreter {
    void *self;          /* PyInterpreterState */
    ssize_t extra_index; /* of ours in its code objects; -1: none */
    long tool;           /* of ours in its sys.monitoring; -1: none */
    void *callback_type; /* callback.c; NULL: not made yet */
    bool first;          /* met before all others */
    struct interpreter *next;
};

/* All with the interpreter's GIL. */

/* The one that runs in this thread. NULL: it was not met, or there is none. */
struct interpreter *interpreter_here(void);
/* The same; made if need be. NULL: there is no memory, or no interpreter. */
struct interpreter *interpreter_meet(void);
/* The one that runs in this thread ends: what it had goes with it. */
void interpreter_end(void);

/* Is it the one that was met first? What of Python's objects the agent keeps is that one's. */
bool interpreter_is_first(void);
bool interpreter_is_only(void);  /* that was met */
bool interpreter_is_alone(void); /* in the process */

/* Before 3.12, where one GIL is for all: calls it with each that is still there. */
void interpreter_for_each(void (*function)(struct interpreter *interpreter));

/* Calls it in each other interpreter that there is, met or not, as soon as a thread of it runs; before 3.12 at once, in
 * each of its threads. */
void interpreter_tell_others(int (*function)(void *unused));

/* In a forked child. */
void interpreter_fork(void);

#endif
