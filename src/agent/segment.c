/* Knows how segments are handed out among processes; not what is written into them. */
#include "agent/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recording/room.h"

static struct heat_header *header; /* mapped shared */
static char file[PATH_MAX];
static uint64_t segments_max;
static bool keep_latest;
static bool same_pids; /* the recorder's pids are ours */
static dev_t device;
static ino_t inode;

static uint64_t pid_namespace(void)
{
    struct stat st;
    return stat("/proc/self/ns/pid", &st) ? 0 : st.st_ino;
}

int segment_open(const char *path, uint64_t bytes_max, bool latest)
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
    keep_latest = latest;
    same_pids = h->pid_namespace && h->pid_namespace == pid_namespace();
    return 0;
}

void segment_close(void)
{
    munmap(header, HEAT_PAGE_BYTES);
    header = NULL;
}

bool segment_is_open(void)
{
    return header != NULL;
}

bool segment_is_closed(void)
{
    return __atomic_load_n(&header->closed_ns, __ATOMIC_RELAXED) != 0;
}

bool segment_is_abandoned(void)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool abandoned = fd < 0 ? errno == ENOENT : flock(fd, LOCK_SH | LOCK_NB) == 0;
    if (fd >= 0)
        close(fd);
    return abandoned;
}

void segment_leave(struct heat_segment *segment)
{
    if (!segment)
        return;
    if (segment->pid == (uint32_t)getpid())
        __atomic_store_n(&segment->state, HEAT_LEFT, __ATOMIC_RELEASE);
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

static struct heat_segment *map(int fd, uint64_t index)
{
    void *place = mmap(NULL, HEAT_SEGMENT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                       fd, (off_t)offset_of(index));
    return place == MAP_FAILED ? NULL : place;
}

static bool is_dead(const struct heat_segment *segment)
{
    return same_pids && segment->state != HEAT_FOREIGN && kill((pid_t)segment->pid, 0) &&
           errno == ESRCH;
}

/* May this one be taken again? Definitions of a process that is gone only when the hand comes by next time: what used
 * them has been taken by then. */
static bool is_free(int fd, uint64_t index, const struct heat_segment *segment)
{
    static const uint16_t dying = HEAT_DYING;
    bool defines = segment->stream == segment->dictionary;
    if (segment->producer != HEAT_TRACER || segment->stream == 0) /* the recorder's own */
        return false;
    if (!defines && segment->state == HEAT_LEFT)
        return true;
    if (!is_dead(segment))
        return false;
    if (!defines || segment->state == HEAT_DYING)
        return true;
    off_t place = (off_t)(offset_of(index) + offsetof(struct heat_segment, state));
    (void)!pwrite(fd, &dying, sizeof(dying), place);
    return false;
}

static void count_retaken(uint64_t base_ns)
{
    uint64_t latest = __atomic_load_n(&header->retaken_ns, __ATOMIC_RELAXED);
    while (latest < base_ns &&
           !__atomic_compare_exchange_n(&header->retaken_ns, &latest, base_ns, false,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
    __atomic_add_fetch(&header->retaken, 1, __ATOMIC_RELAXED);
}

/* The oldest that is free. A hand goes round over all that there are. */
static struct heat_segment *take_again(int fd)
{
    uint64_t count = __atomic_load_n(&header->segments, __ATOMIC_RELAXED);
    for (uint64_t looked = 0; looked < 2 * count; looked++) {
        uint64_t index = __atomic_fetch_add(&header->hand, 1, __ATOMIC_RELAXED) % count;
        struct heat_segment seen;
        if (pread(fd, &seen, sizeof(seen), (off_t)offset_of(index)) != sizeof(seen) ||
            !is_free(fd, index, &seen))
            continue;
        struct heat_segment *segment = map(fd, index);
        if (segment && __atomic_compare_exchange_n(&segment->state, &seen.state, HEAT_OPEN, false,
                                                   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
            __atomic_store_n(&segment->magic, 0, __ATOMIC_RELEASE);
            count_retaken(segment->base_ns);
            return segment;
        }
        if (segment)
            munmap(segment, HEAT_SEGMENT_BYTES);
    }
    return NULL;
}

struct heat_segment *segment_next(struct heat_segment *old, const struct heat_segment *head)
{
    uint64_t index;
    struct heat_segment *segment = NULL;
    int fd = open(file, O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return NULL;
    lock(fd, F_RDLCK);
    int error = claim(fd, &index);
    if (!error)
        segment = map(fd, index);
    else if (error != ESTALE && keep_latest)
        segment = take_again(fd);
    lock(fd, F_UNLCK); /* closing would not do it: what is mapped keeps the file open */
    close(fd);
    if (!segment)
        return NULL;
    segment_leave(old);
    *segment = *head; /* without its magic */
    segment->pid = (uint32_t)getpid();
    segment->state = same_pids ? HEAT_OPEN : HEAT_FOREIGN;
    __atomic_store_n(&segment->magic, HEAT_SEGMENT_MAGIC, __ATOMIC_RELEASE);
    return segment;
}

bool segment_trigger(uint64_t t_ns)
{
    uint64_t none = 0;
    return __atomic_compare_exchange_n(&header->triggered_ns, &none, t_ns, false, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED);
}

void segment_count_lost(uint64_t events)
{
    __atomic_add_fetch(&header->lost, events, __ATOMIC_RELAXED);
}
