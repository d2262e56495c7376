/* /proc/PID/stat and /proc/PID/task/TID/stat (proc_pid_stat(5)). */
#ifndef HEATLINE_BASE_PROC_STAT_H
#define HEATLINE_BASE_PROC_STAT_H

#include <sys/types.h>

enum { PROC_STAT_BYTES = 1024 };

/* From its third field, the state, on: "S 1 12 12 …", in `text`. NULL: there is no such process. */
const char *proc_stat_read(pid_t pid, char text[PROC_STAT_BYTES]);
const char *proc_stat_read_thread(pid_t pid, pid_t tid, char text[PROC_STAT_BYTES]);

#endif
