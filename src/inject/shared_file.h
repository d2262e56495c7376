/* A file of ours that another process is to write to, wherever it runs: in a container it does not see our path, and as
 * another user it may not use it. Then the file gets a second name, in a folder of that process's own. */
#ifndef HEATLINE_INJECT_SHARED_FILE_H
#define HEATLINE_INJECT_SHARED_FILE_H

#include <limits.h>

#include "inject/folder.h"

struct shared_file {
    char path[PATH_MAX]; /* as the process sees it */
    const char *original;
    struct folder folder; /* of the second name, if there is one */
};

/* `path` is absolute and outlives it. 0 or -1. */
int shared_file_open(struct shared_file *f, pid_t pid, const char *path, struct err *err);
/* Removes the second name; the file is ours alone again. */
void shared_file_close(struct shared_file *f);

#endif
