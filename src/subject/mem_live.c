/* The memory of a running process, by process_vm_readv. Where that call does not exist or is
 * filtered (old containers), by /proc/PID/mem. Knows nothing of what the bytes mean; never writes,
 * never stops the process. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "subject/mem.h"

enum { BATCH_MAX = IOV_MAX };

/* The kernel silently shortens a call above 2 GiB − 1 page; no batch comes near that. */
#define BATCH_BYTES_MAX ((size_t)1 << 30)

struct mem_live {
    struct mem base;
    pid_t pid;
    int fd;       /* /proc/PID/mem; -1 until needed */
    bool by_file; /* process_vm_readv is not to be had here */
    struct iovec remote[BATCH_MAX], local[BATCH_MAX];
};

static enum rd rd_of_errno(int error)
{
    switch (error) {
    case ESRCH:
    case ENOENT:
        return RD_GONE;
    case EPERM:
    case EACCES:
        return RD_DENIED;
    default:
        return RD_TORN;
    }
}

static enum rd file_open(struct mem_live *live)
{
    char path[64];
    if (live->fd >= 0)
        close(live->fd);
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)live->pid);
    live->base.calls++;
    live->fd = open(path, O_RDONLY | O_CLOEXEC);
    return live->fd < 0 ? rd_of_errno(errno) : RD_OK;
}

/* The file is bound to the memory the process had when it was opened: after an exec it reads as
 * empty and is opened anew, once. */
static enum rd file_read_range(struct mem_live *live, const struct mem_range *range)
{
    uint32_t done_bytes = 0;
    bool reopened = false;
    while (done_bytes < range->len_bytes) {
        live->base.calls++;
        ssize_t got = pread(live->fd, (char *)range->buf + done_bytes,
                            range->len_bytes - done_bytes, (off_t)(range->address + done_bytes));
        if (got < 0)
            return rd_of_errno(errno);
        if (got == 0) {
            enum rd rd = reopened ? RD_GONE : file_open(live);
            if (rd != RD_OK)
                return rd;
            reopened = true;
        }
        done_bytes += (uint32_t)got;
    }
    return RD_OK;
}

static enum rd file_read(struct mem_live *live, const struct mem_range *ranges, size_t count)
{
    if (live->fd < 0) {
        enum rd rd = file_open(live);
        if (rd != RD_OK)
            return rd;
    }
    for (size_t i = 0; i < count; i++) {
        enum rd rd = file_read_range(live, &ranges[i]);
        if (rd != RD_OK)
            return rd;
    }
    return RD_OK;
}

/* Neighbours become one vector: fewer of them is what makes a call cheap. */
static size_t iovec_add(struct iovec *vectors, size_t count, void *at, size_t len_bytes)
{
    if (count && (char *)vectors[count - 1].iov_base + vectors[count - 1].iov_len == (char *)at) {
        vectors[count - 1].iov_len += len_bytes;
        return count;
    }
    vectors[count] = (struct iovec){at, len_bytes};
    return count + 1;
}

/* One system call for as many ranges as fit. */
static enum rd batch_read(struct mem_live *live, const struct mem_range *ranges, size_t count,
                          size_t *ret_taken)
{
    size_t taken = 0, remotes = 0, locals = 0, total_bytes = 0;
    for (; taken < count && taken < BATCH_MAX; taken++) {
        const struct mem_range *range = &ranges[taken];
        if (taken && total_bytes + range->len_bytes > BATCH_BYTES_MAX)
            break;
        if (!range->len_bytes)
            continue;
        live->remote[remotes++] =
            (struct iovec){(void *)(uintptr_t)range->address, range->len_bytes};
        locals = iovec_add(live->local, locals, range->buf, range->len_bytes);
        total_bytes += range->len_bytes;
    }
    *ret_taken = taken;
    if (!total_bytes)
        return RD_OK;
    live->base.calls++;
    ssize_t got = process_vm_readv(live->pid, live->local, locals, live->remote, remotes, 0);
    if (got < 0 && (errno == ENOSYS || errno == EPERM)) {
        /* EPERM may be a filter on the call and not a verdict on the process. */
        bool absent = errno == ENOSYS;
        enum rd rd = file_read(live, ranges, taken);
        live->by_file = absent || rd == RD_OK;
        return rd;
    }
    if (got < 0)
        return rd_of_errno(errno);
    return (size_t)got == total_bytes ? RD_OK : RD_TORN;
}

static enum rd live_read(struct mem *m, const struct mem_range *ranges, size_t count)
{
    struct mem_live *live = (struct mem_live *)m;
    if (live->by_file)
        return file_read(live, ranges, count);
    while (count) {
        size_t taken;
        enum rd rd = batch_read(live, ranges, count, &taken);
        if (rd != RD_OK)
            return rd;
        ranges += taken;
        count -= taken;
    }
    return RD_OK;
}

static void live_free(struct mem *m)
{
    struct mem_live *live = (struct mem_live *)m;
    if (live->fd >= 0)
        close(live->fd);
    free(live);
}

struct mem *mem_live_new(pid_t pid)
{
    struct mem_live *live = alloc_zeroed(1, sizeof(*live));
    live->base.read = live_read;
    live->base.free = live_free;
    live->pid = pid;
    live->fd = -1;
    return &live->base;
}
