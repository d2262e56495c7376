/* Growing a file by fallocate, in large steps where the disk and the file size limit let us and in
 * small ones near the end. Knows nothing of what is written there. */
#include "recording/room.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Growing beyond RLIMIT_FSIZE would raise SIGXFSZ, which kills by default: look before. */
static bool room_allowed(uint64_t to)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur == RLIM_INFINITY)
        return true;
    return to <= limit.rlim_cur;
}

/* For file systems without fallocate. Only bytes beyond the end of the file are written: those
 * before it may already hold another writer's events. */
static int room_fill(int fd, uint64_t from, uint64_t to)
{
    static const char zeros[4096];
    struct stat st;
    if (fstat(fd, &st))
        return errno;
    if (from < (uint64_t)st.st_size)
        from = (uint64_t)st.st_size;
    while (from < to) {
        size_t len = to - from < sizeof zeros ? to - from : sizeof zeros;
        ssize_t written = pwrite(fd, zeros, len, (off_t)from);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written ? errno : ENOSPC;
        from += (uint64_t)written;
    }
    return 0;
}

static int room_allocate(int fd, uint64_t from, uint64_t to)
{
    if (!room_allowed(to))
        return EFBIG;
    int result;
    do {
        result = fallocate(fd, 0, (off_t)from, (off_t)(to - from));
    } while (result && errno == EINTR);
    return result ? errno : 0;
}

int room_make(int fd, uint64_t from, uint64_t to, uint64_t *ret_to_bytes)
{
    uint64_t ahead = (to / ROOM_STEP_BYTES + 1) * ROOM_STEP_BYTES;
    int error = room_allocate(fd, from, ahead);
    if (!error) {
        *ret_to_bytes = ahead;
        return 0;
    }
    if (error == EOPNOTSUPP || error == ENOSYS)
        error = room_allowed(to) ? room_fill(fd, from, to) : EFBIG;
    else
        error = room_allocate(fd, from, to);
    if (!error)
        *ret_to_bytes = to;
    return error;
}
