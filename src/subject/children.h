/* New descendants of watched processes, found within one look and without a scan of /proc.
 *
 * Who counts: a process whose parent is known; one in the session of a known process (sessions are
 * only inherited); and an orphan in the process group of a known process. Anything else is a
 * stranger. What slips through: a daemon that called setsid in an intermediate process
 * which began and ended between two looks. */
#ifndef HEATLINE_SUBJECT_CHILDREN_H
#define HEATLINE_SUBJECT_CHILDREN_H

#include <stddef.h>
#include <sys/types.h>

struct child {
    pid_t pid;
    pid_t parent; /* for one that was adopted: the known process that it descends from */
};

struct children;

struct children *children_new(void);
void children_free(struct children *c); /* NULL is a no-op */
/* From the next look on, the descendants of `pid` are told, those that it has already first. */
void children_watch(struct children *c, pid_t pid);
/* It has ended. Processes told by children_look need no such call unless the caller knows. */
void children_ended(struct children *c, pid_t pid);
/* Each new descendant once, and watches it too. Bounded: what is more comes at the next look. One
 * system call (≈ 1 µs) when no task was created in this PID namespace since the last look. */
size_t children_look(struct children *c, struct child *ret, size_t ret_max);

#endif
