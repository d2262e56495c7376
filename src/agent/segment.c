/* Knows how segments are handed out among processes; not what is written into them. */
#include "agent/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recording/room.h"

static struct heat_header *header; /* mapped shared */
static char file[PATH_MAX];
static uint64_t segments_max;
static dev_t device;
static ino_t inode;

int segment_open(const char *path, uint64_t bytes_max)
{
    if (header)
        return 0;
    if (strlen(path) >= sizeof(file))
        return ENAMETOOLONG;
    strcpy(file, path);
    int fd = open(file, O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno;
    struct stat st;
    int error = fstat(fd, &st) ? errno : st.st_size < HEAT_PAGE_BYTES ? EINVAL : 0;
    void *page =
        error ? MAP_FAILED : mmap(NULL, HEAT_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (!error && page == MAP_FAILED)
        error = errno;
    close(fd);
    if (error)
        return error;
    struct heat_header *h = page;
    if (memcmp(h->magic, HEAT_MAGIC, sizeof(h->magic)) != 0 || h->version != HEAT_VERSION ||
        h->segment_bytes != HEAT_SEGMENT_BYTES) {
        munmap(page, HEAT_PAGE_BYTES);
        return EINVAL;
    }
    header = h;
    device = st.st_dev;
    inode = st.st_ino;
    segments_max = bytes_max ? bytes_max / HEAT_SEGMENT_BYTES : UINT64_MAX;
    return 0;
}

void segment_close(void)
{
    munmap(header, HEAT_PAGE_BYTES);
    header = NULL;
}

bool segment_is_closed(void)
{
    return __atomic_load_n(&header->closed_ns, __ATOMIC_RELAXED) != 0;
}

void segment_leave(struct heat_segment *segment)
{
    if (segment)
        munmap(segment, HEAT_SEGMENT_BYTES);
}

uint32_t segment_new_stream(void)
{
    return (uint32_t)__atomic_fetch_add(&header->streams, 1, __ATOMIC_RELAXED);
}

static uint64_t offset_of(uint64_t index)
{
    return HEAT_PAGE_BYTES + index * HEAT_SEGMENT_BYTES;
}

/* The file may have been cut by whoever closed the recording: only a look at it tells how far it is real. By now there
 * may also be another recording in its place. */
static int make_room(int fd, uint64_t index)
{
    struct stat st;
    uint64_t to = offset_of(index + 1), room;
    if (fstat(fd, &st))
        return errno;
    if (st.st_dev != device || st.st_ino != inode)
        return ESTALE;
    return (uint64_t)st.st_size >= to ? 0 : room_make(fd, offset_of(index), to, &room);
}

static int claim(int fd, uint64_t *ret_index)
{
    uint64_t index = __atomic_load_n(&header->segments, __ATOMIC_RELAXED);
    do {
        int error = index < segments_max ? make_room(fd, index) : ENOSPC;
        if (error)
            return error;
    } while (!__atomic_compare_exchange_n(&header->segments, &index, index + 1, false,
                                          __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    *ret_index = index;
    return 0;
}

/* Keeps others from cutting the file while we make room in it and map it. */
static int lock(int fd, short type)
{
    struct flock whole = {.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    return fcntl(fd, F_OFD_SETLKW, &whole);
}

struct heat_segment *segment_next(struct heat_segment *old, const struct heat_segment *head)
{
    uint64_t index;
    void *place = MAP_FAILED;
    int fd = open(file, O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return NULL;
    lock(fd, F_RDLCK);
    if (claim(fd, &index) == 0)
        place = mmap(NULL, HEAT_SEGMENT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                     fd, (off_t)offset_of(index));
    lock(fd, F_UNLCK); /* closing would not do it: what is mapped keeps the file open */
    close(fd);
    if (place == MAP_FAILED)
        return NULL;
    segment_leave(old);
    struct heat_segment *segment = place;
    *segment = *head;
    segment->pid = (uint32_t)getpid();
    __atomic_store_n(&segment->magic, HEAT_SEGMENT_MAGIC, __ATOMIC_RELEASE);
    return segment;
}

void segment_count_lost(uint64_t events)
{
    __atomic_add_fetch(&header->lost, events, __ATOMIC_RELAXED);
}
