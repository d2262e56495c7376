/* Asks everything that can be asked of a process without disturbing it. Knows no form of output. */
#include "cli/checkup.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cpython/threads.h"
#include "cpython/verdict.h"
#include "subject/probe.h"

enum { COMMAND_BYTES_MAX = 4096 };

static ssize_t file_read(pid_t pid, const char *name, char *text, size_t cap_bytes)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, cap_bytes - 1);
    if (fd >= 0)
        close(fd);
    text[len > 0 ? len : 0] = '\0';
    return len;
}

static void read_command(struct checkup *c)
{
    char text[COMMAND_BYTES_MAX];
    ssize_t len = file_read(c->pid, "cmdline", text, sizeof(text));
    while (len > 0 && text[len - 1] == '\0')
        len--;
    for (ssize_t i = 0; i < len; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    str_add_bytes(&c->command, text, len > 0 ? (size_t)len : 0);
}

static bool count_thread(void *context, const struct threads_entry *entry)
{
    *(uint32_t *)context += entry->tid != 0;
    return true;
}

/* A list that changes while it is read is read again. */
static void count_threads(struct checkup *c, struct mem *mem, const struct runtime *runtime)
{
    enum rd rd = RD_TORN;
    for (int i = 0; i < 10 && rd == RD_TORN; i++) {
        c->threads = 0;
        rd = threads_read(mem, runtime, count_thread, &c->threads);
    }
}

void checkup_process(struct checkup *ret, struct runtime_finder *finder, pid_t pid)
{
    struct checkup c = {.pid = pid};
    struct mem *mem = mem_live_new(pid);
    struct runtime runtime;
    read_command(&c);
    if (verdict_find(finder, pid, mem, &runtime, &c.reading) == 0) {
        c.reading.status = STATUS_OK;
        c.version = runtime.layout.version;
        c.free_threaded = runtime.layout.free_threaded;
        c.guessed = runtime.layout.guessed;
        count_threads(&c, mem, &runtime);
        if (diagnose_freezing(pid, &c.freezing) == 0)
            c.freezing.status = STATUS_OK;
    } else {
        c.freezing = c.reading;
    }
    mem_free(mem);
    *ret = c;
}

void checkup_release(struct checkup *c)
{
    str_release(&c->command);
}

/* Of a process whose memory we may not read: does it call itself python? */
static bool looks_like_python(pid_t pid)
{
    char text[COMMAND_BYTES_MAX];
    if (file_read(pid, "comm", text, sizeof(text)) > 0 && strncmp(text, "python", 6) == 0)
        return true;
    if (file_read(pid, "cmdline", text, sizeof(text)) <= 0)
        return false;
    const char *slash = strrchr(text, '/'); /* of its first argument, which a NUL ends */
    return strncmp(slash ? slash + 1 : text, "python", 6) == 0;
}

static bool belongs(const struct checkup *c)
{
    switch (c->reading.status) {
    case STATUS_OK:
        return true;
    case STATUS_PERMISSION:
        return looks_like_python(c->pid);
    case STATUS_NOT_PYTHON: /* one that starts, ends, or that we cannot read */
        return looks_like_python(c->pid);
    default:
        return false;
    }
}

/* Whoever has no file mapped but its own is told fast; verdict_find gives a starting Python time. */
void checkup_all(struct vec *checkups, struct runtime_finder *finder)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        pid_t pid = (pid_t)atoi(entry->d_name);
        if (!isdigit((unsigned char)entry->d_name[0]) || pid == getpid())
            continue;
        struct checkup c;
        checkup_process(&c, finder, pid);
        if (belongs(&c))
            *(struct checkup *)vec_push(checkups) = c;
        else
            checkup_release(&c);
    }
    if (dir)
        closedir(dir);
}

void machine_look(struct machine *ret)
{
    struct machine m = {.perf_paranoid = INT_MAX};
    struct utsname name;
    obstacles_collect(&m.obstacles, getpid());
    m.sys_ptrace = m.obstacles.self.caps_effective >> CAP_SYS_PTRACE & 1;
    struct probe *probe = probe_new();
    m.probing = probe && probe_wait(probe);
    probe_free(probe);
    FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
    if (file) {
        if (fscanf(file, "%d", &m.perf_paranoid) != 1)
            m.perf_paranoid = INT_MAX;
        fclose(file);
    }
    if (uname(&name) == 0)
        snprintf(m.kernel, sizeof(m.kernel), "%.30s %.30s", name.release, name.machine);
    *ret = m;
}
