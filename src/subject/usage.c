/* CPU time from the process's own clock, memory from /proc. */
#include "subject/usage.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int usage_read(struct usage *ret, pid_t pid)
{
    char path[32], text[128];
    unsigned long long size, resident;
    struct timespec cpu;
    clockid_t clock;
    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &cpu))
        return -1;
    snprintf(path, sizeof(path), "/proc/%d/statm", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0)
        close(fd);
    if (len < 0)
        return -1;
    text[len] = '\0';
    if (sscanf(text, "%llu %llu", &size, &resident) != 2)
        return -1;
    *ret = (struct usage){
        .cpu_ns = (uint64_t)cpu.tv_sec * 1000000000u + (uint64_t)cpu.tv_nsec,
        .resident_bytes = (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE),
    };
    return 0;
}
