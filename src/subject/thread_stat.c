/* Knows two files of /proc/PID/task/TID: `schedstat` (cheapest: has it run?) and `syscall` (is it running
 * now, else where does it block?). Costs on a 2-core virtual machine: about 1.2 and 1.6–3.3 µs a read. */
#include "subject/thread_stat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int open_file(pid_t pid, pid_t tid, const char *name)
{
    char path[80];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", pid, tid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

int thread_stat_open(struct thread_stat *s, pid_t pid, pid_t tid)
{
    *s = (struct thread_stat){.running = true, .syscall = -1};
    s->schedstat_fd = open_file(pid, tid, "schedstat");
    bool gone = s->schedstat_fd < 0 && (errno == ENOENT || errno == ESRCH);
    s->syscall_fd = open_file(pid, tid, "syscall");
    return gone ? -1 : 0;
}

void thread_stat_close(struct thread_stat *s)
{
    if (s->schedstat_fd >= 0)
        close(s->schedstat_fd);
    if (s->syscall_fd >= 0)
        close(s->syscall_fd);
    s->schedstat_fd = s->syscall_fd = -1;
}

static enum rd read_file(int fd, char *text, size_t text_bytes)
{
    ssize_t len = fd < 0 ? -1 : pread(fd, text, text_bytes - 1, 0);
    if (len < 0)
        return errno == ESRCH || errno == ENOENT ? RD_GONE : RD_DENIED;
    text[len] = '\0';
    return len ? RD_OK : RD_GONE;
}

enum rd thread_stat_ran(struct thread_stat *s, bool *ret_ran)
{
    char text[96], *end;
    enum rd rd = read_file(s->schedstat_fd, text, sizeof(text));
    *ret_ran = true; /* when in doubt */
    if (rd != RD_OK)
        return rd;
    uint64_t run_ns = strtoull(text, &end, 10);
    strtoull(end, &end, 10); /* time waited for a CPU */
    uint64_t runs = strtoull(end, NULL, 10);
    *ret_ran = run_ns != s->run_ns || runs != s->runs;
    s->ran_ns = run_ns - s->run_ns;
    s->run_ns = run_ns;
    s->runs = runs;
    return RD_OK;
}

enum rd thread_stat_look(struct thread_stat *s)
{
    char text[256], *end;
    enum rd rd = read_file(s->syscall_fd, text, sizeof(text));
    s->syscall = -1;
    s->argument = 0;
    if (rd != RD_OK)
        return rd;
    /* "-1 SP PC": off the CPU, but in no system call: it waits for a page, or is just being let go. */
    s->running = strncmp(text, "running", 7) == 0 || text[0] == '-';
    if (!s->running) {
        s->syscall = strtoll(text, &end, 10);
        s->argument = strtoull(end, NULL, 16);
    }
    return RD_OK;
}
