/* Reads the kernel's cursor over process numbers. They are handed out upwards, taken ones are
 * skipped, and after the highest it goes on at 300 (alloc_pid in the kernel's kernel/pid.c). */
#include "subject/births.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    NUMBER_MAX = 1 << 22, /* PID_MAX_LIMIT */
    NUMBER_MIN = 300,     /* RESERVED_PIDS: never handed out again after the first round */
};

/* The number at the end of a one-line file; 0 if there is none. */
static pid_t last_number(int fd)
{
    char text[256];
    ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
    if (len <= 0)
        return 0;
    text[len] = '\0';
    const char *space = strrchr(text, ' ');
    int number = atoi(space ? space + 1 : text);
    return number > 0 && number <= NUMBER_MAX ? number : 0;
}

static void number_max_read(struct births *b)
{
    int fd = open("/proc/sys/kernel/pid_max", O_RDONLY | O_CLOEXEC);
    pid_t max = fd < 0 ? 0 : last_number(fd);
    if (fd >= 0)
        close(fd);
    b->number_max = max ? max : NUMBER_MAX;
}

void births_init(struct births *b)
{
    /* The first is exact; some containers replace the second by one of their own making. */
    *b = (struct births){.fd = open("/proc/sys/kernel/ns_last_pid", O_RDONLY | O_CLOEXEC)};
    if (b->fd < 0)
        b->fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
    b->newest = b->last_seen = b->fd < 0 ? 0 : last_number(b->fd);
    number_max_read(b);
}

void births_release(struct births *b)
{
    if (b->fd >= 0)
        close(b->fd);
    b->fd = -1;
}

bool births_look(struct births *b)
{
    if (b->fd < 0)
        return false;
    pid_t newest = last_number(b->fd);
    if (!newest)
        births_release(b);
    if (!newest || newest == b->newest)
        return newest;
    b->newest = newest;
    pid_t count = newest - b->last_seen;
    if (count < 0) {
        number_max_read(b);
        count += b->number_max - NUMBER_MIN;
    }
    /* Below the minimum after a round: somebody moved the cursor by hand. */
    if (count >= 0 && count <= BIRTHS_MAX && (newest > b->last_seen || newest >= NUMBER_MIN))
        return true;
    b->last_seen = newest;
    return false;
}

pid_t births_next(struct births *b)
{
    if (b->last_seen == b->newest)
        return 0;
    b->last_seen++;
    if (b->last_seen >= b->number_max && b->newest < b->last_seen)
        b->last_seen = NUMBER_MIN;
    return b->last_seen;
}
