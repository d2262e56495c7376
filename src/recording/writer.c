/* Appends events to a .heat file. An event costs its encoding into the mapped segment and one store;
 * the kernel is asked only when a segment is full. Knows the file's shape, not what events mean. */
#include "recording/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "model/codec.h"
#include "recording/room.h"

enum { LOCK_ATTEMPTS = 500 }; /* a millisecond each */

struct writer {
    struct sink sink;
    uint8_t *at, *end;            /* room left in the segment; equal when there is none */
    struct heat_segment *segment; /* NULL before the first event */
    uint64_t last_t_ns;
    uint64_t events, full_bytes; /* full_bytes: encoded in the segments before this one */
    struct heat_header *header;
    uint64_t room_bytes; /* the file is real up to here */
    uint64_t segment_index;
    uint64_t first_index; /* of its segments */
    uint32_t stream, sequence;
    enum heat_producer producer;
    int fd, failure;
};

static uint8_t *segment_events(struct heat_segment *segment)
{
    return (uint8_t *)(segment + 1);
}

static uint64_t segment_offset(uint64_t index)
{
    return HEAT_PAGE_BYTES + index * HEAT_SEGMENT_BYTES;
}

static void writer_unmap(struct writer *w)
{
    if (!w->segment)
        return;
    w->full_bytes += w->segment->used_bytes;
    munmap(w->segment, HEAT_SEGMENT_BYTES);
    w->segment = NULL;
    w->at = w->end = NULL;
}

/* Takes the next free segment. There is room for it before it is taken, so a number handed out is
 * always a segment in the file. Returns 0 or an errno. */
static int writer_claim(struct writer *w)
{
    uint64_t index = __atomic_load_n(&w->header->segments, __ATOMIC_RELAXED);
    do {
        uint64_t to = segment_offset(index + 1);
        int error =
            to <= w->room_bytes ? 0 : room_make(w->fd, segment_offset(index), to, &w->room_bytes);
        if (error)
            return error;
    } while (!__atomic_compare_exchange_n(&w->header->segments, &index, index + 1, false,
                                          __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    w->segment_index = index;
    if (!w->segment)
        w->first_index = index;
    return 0;
}

static int writer_map(struct writer *w)
{
    /* Populated now, so that no event meets a page fault. */
    void *segment = mmap(NULL, HEAT_SEGMENT_BYTES, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_POPULATE, w->fd, (off_t)segment_offset(w->segment_index));
    if (segment == MAP_FAILED)
        return errno;
    w->segment = segment;
    *w->segment = (struct heat_segment){
        .producer = (uint16_t)w->producer,
        .stream = w->stream,
        .sequence = w->sequence++,
        .pid = (uint32_t)getpid(),
        .dictionary = w->stream,
        .base_ns = w->last_t_ns,
    };
    /* Last: what has no magic is not looked at. */
    __atomic_store_n(&w->segment->magic, HEAT_SEGMENT_MAGIC, __ATOMIC_RELEASE);
    w->at = segment_events(w->segment);
    w->end = (uint8_t *)segment + HEAT_SEGMENT_BYTES;
    return 0;
}

/* After the first failure nothing more is kept: what is recorded stays a prefix of what happened,
 * and no later event refers to a definition that was lost. */
static int writer_next_segment(struct writer *w)
{
    if (!w->failure)
        w->failure = writer_claim(w);
    if (!w->failure) {
        writer_unmap(w);
        w->failure = writer_map(w);
    }
    if (!w->failure)
        return 0;
    w->end = w->at;
    if (w->producer != HEAT_INDEX) /* which can be made again */
        __atomic_add_fetch(&w->header->lost, 1, __ATOMIC_RELAXED);
    return -1;
}

static int writer_emit(struct sink *sink, const struct event *event)
{
    struct writer *w = (struct writer *)sink;
    if ((size_t)(w->end - w->at) < codec_bytes_max(event) && writer_next_segment(w))
        return -1;
    w->at += codec_put(w->at, event, &w->last_t_ns);
    __atomic_store_n(&w->segment->used_bytes, (uint64_t)(w->at - segment_events(w->segment)),
                     __ATOMIC_RELEASE);
    w->events++;
    return 0;
}

static int open_unnamed(void)
{
    const char *folder = getenv("TMPDIR");
    if (!folder || !*folder)
        folder = "/tmp";
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/heatline-XXXXXX", folder);
    if (len < 0 || (size_t)len >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

/* Opens without changing what is there. *ret_made: there was nothing. */
static int open_named(const char *path, bool *ret_made, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    *ret_made = fd >= 0;
    if (fd < 0 && errno == EEXIST)
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (fd < 0)
        return err_system(err, errno, "cannot write %s", path);
    struct stat st;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        close(fd);
        err_set(err, STATUS_FAIL, "cannot record to %s: it is not a regular file", path);
        return err_hint(err, "a recording is written through memory mappings: give it a file");
    }
    if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
        close(fd);
        err_set(err, STATUS_FAIL, "%s is being written by another recorder", path);
        return err_hint(err, "give each recording a file of its own with -o");
    }
    return fd;
}

/* Puts a new file in the place of the one that is there. A program that was traced into that one may still have it
 * mapped, and would be killed (SIGBUS) if it were cut. -1 where that cannot be: another's folder, no room. */
static int open_instead(const char *path, int old_fd)
{
    struct stat st;
    uint64_t room_bytes;
    char place[PATH_MAX], fresh[PATH_MAX + 8];
    if (fstat(old_fd, &st) || st.st_size == 0 || !realpath(path, place))
        return -1;
    snprintf(fresh, sizeof fresh, "%s.XXXXXX", place);
    int fd = mkostemp(fresh, O_CLOEXEC);
    if (fd < 0)
        return -1;
    bool same = fchmod(fd, st.st_mode & 07777) == 0 &&
                (st.st_uid == geteuid() || fchown(fd, st.st_uid, st.st_gid) == 0);
    if (same && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        room_make(fd, 0, segment_offset(1), &room_bytes) == 0 && rename(fresh, place) == 0)
        return fd;
    unlink(fresh);
    close(fd);
    return -1;
}

/* Room is made before the old content goes: a disk that is full costs nobody an old recording. */
static int writer_start(struct writer *w)
{
    int error = room_make(w->fd, 0, segment_offset(1), &w->room_bytes);
    if (!error && ftruncate(w->fd, 0))
        error = errno;
    if (!error)
        error = room_make(w->fd, 0, segment_offset(1), &w->room_bytes);
    if (error)
        return error;
    void *page = mmap(NULL, HEAT_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd, 0);
    if (page == MAP_FAILED)
        return errno;
    struct stat st;
    w->header = page;
    *w->header = (struct heat_header){
        .version = HEAT_VERSION,
        .segment_bytes = HEAT_SEGMENT_BYTES,
        .wall_ns = clock_wall_ns(),
        .start_ns = clock_ns(),
        .pid_namespace = stat("/proc/self/ns/pid", &st) ? 0 : st.st_ino,
    };
    w->stream = (uint32_t)__atomic_fetch_add(&w->header->streams, 1, __ATOMIC_RELAXED);
    w->last_t_ns = w->header->start_ns;
    /* Last: a file without the magic is not a recording yet. */
    __atomic_signal_fence(__ATOMIC_RELEASE);
    memcpy(w->header->magic, HEAT_MAGIC, sizeof w->header->magic);
    return 0;
}

struct writer *writer_open(const char *path, enum heat_producer producer, struct err *err)
{
    bool made = false;
    int fd = path ? open_named(path, &made, err) : open_unnamed();
    if (fd < 0) {
        if (!path)
            err_system(err, errno, "cannot make a temporary file in $TMPDIR or /tmp");
        return NULL;
    }
    int instead = path && !made ? open_instead(path, fd) : -1;
    if (instead >= 0) {
        close(fd);
        fd = instead;
    }
    struct writer *w = alloc_zeroed(1, sizeof *w);
    w->sink.emit = writer_emit;
    w->producer = producer;
    w->fd = fd;
    int error = writer_start(w);
    if (!error)
        return w;
    err_system(err, error, "cannot record to %s", path ? path : "a temporary file");
    if (made)
        unlink(path);
    close(fd);
    free(w);
    return NULL;
}

struct writer *writer_open_index(const struct writer *w)
{
    void *page = mmap(NULL, HEAT_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd, 0);
    int fd = page != MAP_FAILED ? fcntl(w->fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (fd < 0) {
        if (page != MAP_FAILED)
            munmap(page, HEAT_PAGE_BYTES);
        return NULL;
    }
    struct writer *index = alloc_zeroed(1, sizeof *index);
    *index = (struct writer){.sink.emit = writer_emit,
                             .producer = HEAT_INDEX,
                             .fd = fd,
                             .header = page,
                             .room_bytes = w->room_bytes};
    index->last_t_ns = index->header->start_ns;
    index->stream = (uint32_t)__atomic_fetch_add(&index->header->streams, 1, __ATOMIC_RELAXED);
    return index;
}

int writer_close_index(struct writer *index)
{
    bool whole = !index->failure && index->segment;
    writer_unmap(index);
    if (whole) {
        index->header->index_bytes = index->full_bytes;
        __atomic_store_n(&index->header->index_offset, segment_offset(index->first_index),
                         __ATOMIC_RELEASE);
    }
    munmap(index->header, HEAT_PAGE_BYTES);
    close(index->fd);
    free(index);
    return whole ? 0 : -1;
}

struct sink *writer_sink(struct writer *w)
{
    return &w->sink;
}

int writer_fd(const struct writer *w)
{
    return w->fd;
}

uint64_t writer_bytes(const struct writer *w)
{
    return w->full_bytes + (w->segment ? w->segment->used_bytes : 0);
}

uint64_t writer_events(const struct writer *w)
{
    return w->events;
}

uint32_t writer_streams(const struct writer *w)
{
    return (uint32_t)__atomic_load_n(&w->header->streams, __ATOMIC_RELAXED);
}

uint64_t writer_lost(const struct writer *w)
{
    return __atomic_load_n(&w->header->lost, __ATOMIC_RELAXED);
}

uint64_t writer_retaken(const struct writer *w)
{
    return __atomic_load_n(&w->header->retaken, __ATOMIC_RELAXED);
}

uint64_t writer_take_trigger(struct writer *w)
{
    return __atomic_exchange_n(&w->header->triggered_ns, 0, __ATOMIC_RELAXED);
}

int writer_failure(const struct writer *w)
{
    return w->failure;
}

/* Where the file ends when nothing more comes. Slack is cut from the last segment only, and only if
 * it is ours. */
static uint64_t writer_end(const struct writer *w)
{
    uint64_t segments = __atomic_load_n(&w->header->segments, __ATOMIC_ACQUIRE);
    if (!w->segment || w->segment_index + 1 != segments)
        return segment_offset(segments);
    return segment_offset(w->segment_index) + sizeof *w->segment + w->segment->used_bytes;
}

/* Traced processes make room and map it under a shared lock of the first byte (agent/segment.c): what they have mapped
 * has been counted when we have ours, and is not cut. False: one of them has it, and was stopped in that moment. */
static bool keep_others_out(int fd)
{
    struct flock first = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    const struct timespec nap = {.tv_nsec = 1000000};
    int failed = fcntl(fd, F_OFD_SETLK, &first);
    for (int i = 0; failed && i < LOCK_ATTEMPTS; i++) {
        nanosleep(&nap, NULL);
        failed = fcntl(fd, F_OFD_SETLK, &first);
    }
    return !failed;
}

int writer_close(struct writer *w, struct err *err)
{
    if (!w)
        return 0;
    bool alone = keep_others_out(w->fd);
    uint64_t end = writer_end(w);
    writer_unmap(w);
    int error = alone && ftruncate(w->fd, (off_t)end) ? errno : 0;
    __atomic_store_n(&w->header->closed_ns, clock_ns(), __ATOMIC_RELEASE);
    munmap(w->header, HEAT_PAGE_BYTES);
    if (close(w->fd) && !error)
        error = errno;
    free(w);
    return error ? err_system(err, error, "cannot finish the recording") : 0;
}
