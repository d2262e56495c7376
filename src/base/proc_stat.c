#include "base/proc_stat.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* "12 (a (b) c) S 1 12 12 …": the name may hold anything, so the fields begin after the last ")". */
static const char *read_fields(const char *path, char text[PROC_STAT_BYTES])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, text, PROC_STAT_BYTES - 1);
    if (fd >= 0)
        close(fd);
    text[len > 0 ? len : 0] = '\0';
    const char *name_end = strrchr(text, ')');
    return name_end && name_end[1] ? name_end + 2 : NULL;
}

const char *proc_stat_read(pid_t pid, char text[PROC_STAT_BYTES])
{
    char path[40];
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    return read_fields(path, text);
}

const char *proc_stat_read_thread(pid_t pid, pid_t tid, char text[PROC_STAT_BYTES])
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, (int)tid);
    return read_fields(path, text);
}
