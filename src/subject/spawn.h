/* Starts the user's command, with its own stdin, stdout, stderr and terminal signals. */
#ifndef HEATLINE_SUBJECT_SPAWN_H
#define HEATLINE_SUBJECT_SPAWN_H

#include <sys/types.h>

#include "base/err.h"
#include "base/vec.h"

/* The argument vector to run for `argv` (NULL-ended): itself, or with the user's interpreter in
 * front if it starts with a Python script (x.py, x.pyz, a directory or zip with __main__.py, a file
 * with a Python shebang that is not executable) or with -m / -c. The interpreter: `python` if not
 * NULL, else $VIRTUAL_ENV/bin/python, .venv/bin/python here or above, the script's shebang, python3
 * then python on PATH. Fills `ret_argv` (vec of char *, NULL-ended, pointers into argv or heap
 * strings that live as long as the process). 0 or -1. */
int spawn_argv(char *const *argv, const char *python, struct vec *ret_argv, struct err *err);

/* Runs it; signal mask and dispositions are those heatline was started with. Returns the pid, or -1:
 * not found is STATUS_NOT_FOUND, not executable STATUS_NOT_EXECUTABLE, as a shell says it. */
pid_t spawn_start(char *const *argv, struct err *err);

/* The file that a shell would run for `name`: itself if it has a slash, else the first on PATH.
 * Heap; NULL with errno set: ENOENT, or EACCES when one is there but must not be executed. */
char *spawn_find(const char *name);

/* A wait status as a shell's $?: exit status, or 128 + signal. */
int spawn_exit_status(int wait_status);

#endif
