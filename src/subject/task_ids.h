/* Thread ids across pid namespaces: a process in a container knows its threads by other numbers. */
#ifndef HEATLINE_SUBJECT_TASK_IDS_H
#define HEATLINE_SUBJECT_TASK_IDS_H

#include <stdbool.h>
#include <sys/types.h>

/* Does the process live in a pid namespace below ours? */
bool task_ids_nested(pid_t pid);
/* What the thread calls itself: its id in the innermost namespace; 0 if there is no such thread. */
pid_t task_ids_inner(pid_t pid, pid_t tid);
/* Our id of the thread that the process itself knows as `inner`; 0 if it has none. */
pid_t task_ids_outer(pid_t pid, pid_t inner);

#endif
