/* Knows the NSpid line of /proc/PID/task/TID/status: one id per namespace, ours first, the task's own last. */
#include "subject/task_ids.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The ids on the NSpid line; *ret_inner is the last one. */
static int read_ids(pid_t pid, pid_t tid, pid_t *ret_inner)
{
    char path[80], line[512];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
    FILE *file = fopen(path, "re");
    int count = 0;
    while (file && count == 0 && fgets(line, sizeof(line), file)) {
        if (strncmp(line, "NSpid:", 6) != 0)
            continue;
        char *at = line + 6, *end;
        for (long id = strtol(at, &end, 10); end != at; id = strtol(at, &end, 10)) {
            *ret_inner = (pid_t)id;
            count++;
            at = end;
        }
    }
    if (file)
        fclose(file);
    return count;
}

bool task_ids_nested(pid_t pid)
{
    pid_t inner;
    return read_ids(pid, pid, &inner) > 1;
}

pid_t task_ids_inner(pid_t pid, pid_t tid)
{
    pid_t inner;
    return read_ids(pid, tid, &inner) ? inner : 0;
}

pid_t task_ids_outer(pid_t pid, pid_t inner)
{
    char path[40];
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    DIR *dir = opendir(path);
    pid_t found = 0;
    struct dirent *entry;
    while (dir && !found && (entry = readdir(dir))) {
        pid_t tid = (pid_t)atoi(entry->d_name), own;
        if (tid > 0 && read_ids(pid, tid, &own) > 0 && own == inner)
            found = tid;
    }
    if (dir)
        closedir(dir);
    return found;
}
