/* Finds out what could keep us from reading a process, from /proc and by trying. Draws no
 * conclusion: that is diagnose.c. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "subject/diagnose.h"

/* The first line of a small file; "" if it cannot be had. */
static void line_read(char *ret, size_t cap_bytes, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, ret, cap_bytes - 1);
    if (fd >= 0)
        close(fd);
    ret[got > 0 ? got : 0] = '\0';
    ret[strcspn(ret, "\n")] = '\0';
}

/* Nothing is mapped at address 0, so a read of it fails with EFAULT, but only after the kernel has
 * found that we may read the process at all. */
static bool can_read(pid_t pid)
{
    char byte, path[64];
    struct iovec local = {&byte, 1}, remote = {NULL, 1};
    if (process_vm_readv(pid, &local, 1, &remote, 1, 0) >= 0 || errno == EFAULT)
        return true;
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool cannot_read_itself(void)
{
    char from = 1, to = 0;
    struct iovec local = {&to, 1}, remote = {&from, 1};
    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) < 0 &&
           (errno == EPERM || errno == ENOSYS || errno == EACCES);
}

/* We do not trace ourselves, so a call that is let through fails with ESRCH. */
static bool ptrace_is_filtered(void)
{
    errno = 0;
    return ptrace(PTRACE_PEEKDATA, getpid(), NULL, NULL) == -1 && errno != ESRCH;
}

/* In a nested user namespace the map names fewer ids than there are. */
static bool in_nested_user_ns(void)
{
    char map[128];
    unsigned inside, outside, count;
    line_read(map, sizeof(map), "/proc/self/uid_map");
    return sscanf(map, "%u %u %u", &inside, &outside, &count) == 3 && count != UINT32_MAX;
}

static bool is_our_thread(pid_t tid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/task/%d", (int)tid);
    return access(path, F_OK) == 0;
}

static bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Only kthreadd and its children lack an address space while they are alive; before Linux 6.10
 * there is no line that says so. */
static bool is_kernel_thread(pid_t pid, const struct proc_status *target)
{
    enum { KTHREADD = 2 };
    return target->kernel_thread ||
           (target->state != 'Z' && target->state != 'X' && !target->has_memory &&
            target->uids[1] == 0 && (pid == KTHREADD || target->parent == KTHREADD));
}

static void collect_target(struct obstacles *o)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)o->pid);
    o->not_dumpable = stat(path, &st) == 0 && st.st_uid != o->target.uids[1];
    o->target.kernel_thread = is_kernel_thread(o->pid, &o->target);
    o->readable = can_read(o->pid);
    if (o->target.tracer) {
        o->tracer_is_ours = is_our_thread(o->target.tracer);
        snprintf(path, sizeof(path), "/proc/%d/comm", (int)o->target.tracer);
        line_read(o->tracer_name, sizeof(o->tracer_name), path);
    }
    snprintf(path, sizeof(path), "/proc/%d/attr/current", (int)o->pid);
    line_read(o->security_name, sizeof(o->security_name), path);
}

void obstacles_collect(struct obstacles *ret, pid_t pid)
{
    char text[64];
    struct obstacles o = {.pid = pid};
    ssize_t len = readlink("/proc/self", text, sizeof(text) - 1);
    text[len > 0 ? len : 0] = '\0';
    o.proc_is_ours = atoi(text) == (int)getpid();
    proc_status_read(&o.self, 0);

    int error = pid > 0 ? proc_status_read(&o.target, pid) : ESRCH;
    bool answers = pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
    o.exists = !error || answers;
    o.status_hidden = error && answers;
    if (!error)
        collect_target(&o);

    o.read_filtered = cannot_read_itself();
    o.ptrace_filtered = ptrace_is_filtered();
    o.nested_user_ns = in_nested_user_ns();
    line_read(text, sizeof(text), "/proc/sys/kernel/yama/ptrace_scope");
    o.yama_scope = atoi(text);
    o.in_container = file_exists("/.dockerenv") || file_exists("/run/.containerenv") ||
                     getenv("KUBERNETES_SERVICE_HOST") != NULL;
    *ret = o;
}
