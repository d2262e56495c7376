#include "agent/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "recording/format.h"
#include "recording/room.h"

static uint64_t wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int write_header(int fd)
{
    struct stat st;
    uint64_t room;
    int error = room_make(fd, 0, HEAT_PAGE_BYTES, &room);
    struct heat_header header = {
        .version = HEAT_VERSION,
        .segment_bytes = HEAT_SEGMENT_BYTES,
        .wall_ns = wall_ns(),
        .start_ns = clock_ns(),
        .streams = 1, /* number 0 is a recorder's */
        .pid_namespace = stat("/proc/self/ns/pid", &st) ? 0 : st.st_ino,
    };
    if (error)
        return error;
    memcpy(header.magic, HEAT_MAGIC, sizeof(header.magic));
    return pwrite(fd, &header, sizeof(header), 0) == sizeof(header) ? 0 : EIO;
}

int recording_create(const char *path)
{
    if (unlink(path) && errno != ENOENT)
        return errno;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
    if (fd < 0)
        return errno;
    int error = write_header(fd);
    close(fd);
    if (error)
        unlink(path);
    return error;
}

/* Whoever takes a segment holds a shared lock of the first byte meanwhile (segment.c). */
static int cut(int fd)
{
    struct flock first = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    struct heat_header header;
    uint64_t closed_ns = clock_ns();
    if (fcntl(fd, F_OFD_SETLKW, &first))
        return errno;
    if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
        return EIO;
    if (ftruncate(fd, (off_t)(HEAT_PAGE_BYTES + header.segments * HEAT_SEGMENT_BYTES)))
        return errno;
    off_t place = offsetof(struct heat_header, closed_ns);
    return pwrite(fd, &closed_ns, sizeof(closed_ns), place) == sizeof(closed_ns) ? 0 : EIO;
}

int recording_finish(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno;
    int error = cut(fd);
    close(fd);
    return error;
}
