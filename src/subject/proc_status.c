/* Reads /proc/PID/status. Knows its lines, not what follows from them. */
#include "subject/proc_status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void numbers(const char *text, uint32_t *ret, int count)
{
    char *end;
    for (int i = 0; i < count; i++) {
        ret[i] = (uint32_t)strtoul(text, &end, 10);
        if (end == text)
            return;
        text = end;
    }
}

static void line_parse(struct proc_status *ret, const char *key, size_t key_len, const char *value)
{
#define IS(name) (key_len == sizeof(name) - 1 && memcmp(key, name, sizeof(name) - 1) == 0)
    if (IS("State"))
        ret->state = value[strspn(value, " \t")];
    else if (IS("Tgid"))
        ret->tgid = atoi(value);
    else if (IS("PPid"))
        ret->parent = atoi(value);
    else if (IS("TracerPid"))
        ret->tracer = atoi(value);
    else if (IS("Uid"))
        numbers(value, ret->uids, 3);
    else if (IS("Gid"))
        numbers(value, ret->gids, 3);
    else if (IS("Threads"))
        numbers(value, &ret->threads, 1);
    else if (IS("VmSize"))
        ret->has_memory = 1;
    else if (IS("Kthread"))
        ret->kernel_thread = atoi(value);
    else if (IS("CapPrm"))
        ret->caps_permitted = strtoull(value, NULL, 16);
    else if (IS("CapEff"))
        ret->caps_effective = strtoull(value, NULL, 16);
#undef IS
}

void proc_status_parse(struct proc_status *ret, const char *text)
{
    *ret = (struct proc_status){0};
    while (*text) {
        size_t len = strcspn(text, "\n"), key_len = strcspn(text, ":\n");
        if (key_len < len)
            line_parse(ret, text, key_len, text + key_len + 1);
        text += len;
        text += *text == '\n';
    }
}

int proc_status_read(struct proc_status *ret, pid_t pid)
{
    char path[64] = "/proc/self/status", text[8192];
    if (pid)
        snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    size_t len = 0;
    ssize_t got;
    while (len < sizeof(text) - 1 && (got = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
        len += (size_t)got;
    close(fd);
    if (!len)
        return ESRCH;
    text[len] = '\0';
    proc_status_parse(ret, text);
    return 0;
}
