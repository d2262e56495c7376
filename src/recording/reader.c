/* Replays a .heat file. It reads, and never maps, the file: one that shrinks or grows meanwhile is
 * just shorter or longer. Nothing in it is believed: every length is bounded by what is there. */
#include "recording/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/vec.h"
#include "model/codec.h"
#include "recording/format.h"

struct reader {
    int fd;               /* -1: bytes in memory */
    const uint8_t *bytes; /* NULL: a file */
    uint64_t len_bytes;
    struct heat_header header;
    char *name;
};

/* A segment that claims to be one, by its place in the file. */
struct part {
    uint32_t dictionary; /* the stream whose definitions it needs */
    uint32_t stream, sequence;
    uint64_t offset, base_ns, used_bytes;
};

/* One replay. */
struct replay {
    struct reader *reader;
    struct sink *sink;
    struct reader_summary summary;
    struct vec parts; /* of struct part */
    bool index;       /* the segments of `index_stream`, which is an index; else all others */
    uint32_t index_stream;
    uint8_t *buffer;   /* one segment */
    bool whole;        /* all of the last segment's events were understood */
    uint64_t until_ns; /* the last event of the producer whose streams are being replayed */
};

/* Reads at most len_bytes; *ret_len is less only where the file ends. 0 or -1 with errno. */
static int reader_read(const struct reader *r, uint64_t offset, void *buffer, size_t len_bytes,
                       size_t *ret_len)
{
    *ret_len = 0;
    if (r->bytes) {
        uint64_t left = offset < r->len_bytes ? r->len_bytes - offset : 0;
        *ret_len = left < len_bytes ? (size_t)left : len_bytes;
        if (*ret_len)
            memcpy(buffer, r->bytes + offset, *ret_len);
        return 0;
    }
    while (*ret_len < len_bytes) {
        ssize_t got = pread(r->fd, (char *)buffer + *ret_len, len_bytes - *ret_len,
                            (off_t)(offset + *ret_len));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        *ret_len += (size_t)got;
    }
    return 0;
}

static int reader_check(struct reader *r, struct err *err)
{
    size_t len;
    struct heat_header *h = &r->header;
    if (reader_read(r, 0, h, sizeof *h, &len))
        return err_system(err, errno, "cannot read %s", r->name);
    if (len < sizeof *h || memcmp(h->magic, HEAT_MAGIC, sizeof h->magic) != 0) {
        err_set(err, STATUS_FAIL, "%s is not a Heatline recording", r->name);
        return err_hint(err, "recordings are written by `heatline record -o FILE.heat`");
    }
    if (h->version != HEAT_VERSION) {
        err_set(err, STATUS_FAIL, "%s has format version %u, this Heatline reads version %d",
                r->name, h->version, HEAT_VERSION);
        return err_hint(err, "read it with the Heatline that wrote it, or a newer one");
    }
    if (h->segment_bytes < HEAT_SEGMENT_BYTES_MIN || h->segment_bytes > HEAT_SEGMENT_BYTES_MAX ||
        h->segment_bytes % HEAT_PAGE_BYTES) {
        err_set(err, STATUS_FAIL, "the header of %s is damaged", r->name);
        return err_hint(err,
                        "its segments cannot be found without it; use another copy of the file");
    }
    return 0;
}

static struct reader *reader_new(int fd, const void *bytes, uint64_t len_bytes, const char *name,
                                 struct err *err)
{
    struct reader *r = alloc_zeroed(1, sizeof *r);
    r->fd = fd;
    r->bytes = bytes;
    r->len_bytes = len_bytes;
    r->name = alloc_copy(name, strlen(name));
    if (!reader_check(r, err))
        return r;
    reader_free(r);
    return NULL;
}

/* Takes the fd over. */
static struct reader *reader_over_fd(int fd, const char *name, struct err *err)
{
    struct stat st;
    if (!fstat(fd, &st) && S_ISREG(st.st_mode))
        return reader_new(fd, NULL, 0, name, err);
    close(fd);
    err_set(err, STATUS_FAIL, "cannot read %s: it is not a regular file", name);
    err_hint(err, "copy what comes through it into a file first");
    return NULL;
}

struct reader *reader_open(const char *path, struct err *err)
{
    /* O_NONBLOCK: a FIFO must not hold us up before we can refuse it. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0)
        return reader_over_fd(fd, path, err);
    err_system(err, errno, "cannot read %s", path);
    return NULL;
}

struct reader *reader_open_fd(int fd, const char *name, struct err *err)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy >= 0)
        return reader_over_fd(copy, name, err);
    err_system(err, errno, "cannot read %s", name);
    return NULL;
}

struct reader *reader_open_bytes(const void *bytes, uint64_t len_bytes, const char *name,
                                 struct err *err)
{
    return reader_new(-1, bytes ? bytes : "", len_bytes, name, err);
}

void reader_free(struct reader *r)
{
    if (!r)
        return;
    if (r->fd >= 0)
        close(r->fd);
    free(r->name);
    free(r);
}

static int reader_file_bytes(const struct reader *r, uint64_t *ret_bytes)
{
    struct stat st;
    if (r->bytes) {
        *ret_bytes = r->len_bytes;
        return 0;
    }
    if (fstat(r->fd, &st))
        return -1;
    *ret_bytes = (uint64_t)st.st_size;
    return 0;
}

/* Notes what stands at one segment's place. The magic is written last: as long as it is zero, the
 * place is not taken, or not yet. */
static int replay_note_part(struct replay *p, uint64_t offset)
{
    struct heat_segment segment = {0};
    size_t len;
    if (reader_read(p->reader, offset, &segment, sizeof segment, &len))
        return -1;
    if (!segment.magic)
        return 0;
    if (len < sizeof segment || segment.magic != HEAT_SEGMENT_MAGIC) {
        p->summary.damaged_segments++;
        return 0;
    }
    bool index = segment.producer == HEAT_INDEX;
    if (index != p->index || (index && segment.stream != p->index_stream))
        return 0;
    struct part *part = vec_push(&p->parts);
    *part = (struct part){
        .dictionary = segment.producer == HEAT_TRACER ? segment.dictionary : segment.stream,
        .stream = segment.stream,
        .sequence = segment.sequence,
        .offset = offset,
        .base_ns = segment.base_ns,
        .used_bytes = segment.used_bytes,
    };
    return 0;
}

/* How many segments there is room for. 0 or -1 with errno. */
static int count_places(const struct reader *r, uint64_t *ret_file_bytes, uint64_t *ret_places)
{
    if (reader_file_bytes(r, ret_file_bytes))
        return -1;
    uint64_t bytes = *ret_file_bytes > HEAT_PAGE_BYTES ? *ret_file_bytes - HEAT_PAGE_BYTES : 0;
    *ret_places = bytes / r->header.segment_bytes + (bytes % r->header.segment_bytes != 0);
    return 0;
}

static int part_order(const void *left, const void *right)
{
    const struct part *a = left, *b = right;
    bool a_defines = a->stream == a->dictionary, b_defines = b->stream == b->dictionary;
    if (a->dictionary != b->dictionary)
        return a->dictionary < b->dictionary ? -1 : 1;
    if (a_defines != b_defines)
        return a_defines ? -1 : 1;
    if (a->stream != b->stream)
        return a->stream < b->stream ? -1 : 1;
    if (a->sequence != b->sequence)
        return a->sequence < b->sequence ? -1 : 1;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* Looks from the end to the start: when a segment is seen, all that its writer filled before it are
 * complete, and so is what is then read of them. The other way round, a file that is being written
 * would show gaps. */
static int replay_find_parts(struct replay *p)
{
    struct reader *r = p->reader;
    uint64_t places;
    if (count_places(r, &p->summary.file_bytes, &places))
        return -1;
    for (uint64_t i = places; i-- > 0;) {
        if (replay_note_part(p, HEAT_PAGE_BYTES + i * r->header.segment_bytes))
            return -1;
    }
    /* The writer makes room before it takes a segment: one beyond the end was cut off. */
    if (r->header.segments > places)
        p->summary.damaged_segments += r->header.segments - places;
    if (p->parts.len)
        qsort(p->parts.data, p->parts.len, sizeof(struct part), part_order);
    return 0;
}

static uint64_t emit_run(struct sink *sink, struct run *run)
{
    uint64_t events = 0;
    for (struct event event; !codec_get(&run->at, run->end, &run->t_ns, &event); events++)
        sink->emit(sink, &event);
    return events;
}

/* A traced process may have put something else there while it was being read. */
static bool was_taken_again(const struct reader *r, const struct part *part)
{
    struct heat_segment segment = {0};
    size_t len;
    return reader_read(r, part->offset, &segment, sizeof segment, &len) || !segment.magic ||
           segment.stream != part->stream || segment.sequence != part->sequence;
}

/* What is in a segment, read into the buffer; nothing if it is another's by now. */
static int read_run(struct replay *p, const struct part *part, struct run *ret_run)
{
    uint64_t room = p->reader->header.segment_bytes - sizeof(struct heat_segment);
    size_t used = (size_t)(part->used_bytes < room ? part->used_bytes : room), len;
    if (reader_read(p->reader, part->offset + sizeof(struct heat_segment), p->buffer, used, &len))
        return -1;
    *ret_run = (struct run){.at = p->buffer, .end = p->buffer + len, .t_ns = part->base_ns};
    if (was_taken_again(p->reader, part))
        ret_run->at = ret_run->end = NULL;
    return 0;
}

static bool ends_stream(const struct replay *p, size_t i)
{
    const struct part *part = vec_at(&p->parts, i), *next = part + 1;
    return i + 1 == p->parts.len || next->stream != part->stream;
}

static int replay_events(struct replay *p, size_t i, bool continues)
{
    const struct part *part = vec_at(&p->parts, i);
    struct run run;
    if (read_run(p, part, &run))
        return -1;
    if (!run.at)
        return 0;
    size_t len = (size_t)(run.end - run.at);
    run.continues = continues;
    run.until_ns = ends_stream(p, i) ? p->until_ns : 0;
    p->summary.events += (p->sink->take ? p->sink->take : emit_run)(p->sink, &run);
    p->summary.used_bytes += (uint64_t)(run.at - p->buffer);
    p->whole = run.at == run.end && len == part->used_bytes;
    p->summary.damaged_segments += !p->whole;
    return 0;
}

/* Whose streams begin at that part: when is the last event that is told there? It is in the end of one of them. */
static int find_until(struct replay *p, size_t first)
{
    const struct part *part = vec_at(&p->parts, first);
    uint32_t dictionary = part->dictionary;
    p->until_ns = 0;
    for (size_t i = first; i < p->parts.len && part->dictionary == dictionary; i++, part++) {
        struct run run;
        if (!ends_stream(p, i))
            continue;
        if (read_run(p, part, &run))
            return -1;
        for (struct event event; !codec_get(&run.at, run.end, &run.t_ns, &event);)
            ;
        p->until_ns = run.t_ns > p->until_ns ? run.t_ns : p->until_ns;
    }
    return 0;
}

static int replay_parts(struct replay *p)
{
    const struct part *last = NULL;
    for (size_t i = 0; i < p->parts.len; i++) {
        const struct part *part = vec_at(&p->parts, i);
        bool begins = !last || part->stream != last->stream;
        if (!begins && part->sequence == last->sequence) {
            p->summary.damaged_segments++; /* two that claim one place: the first counts */
            continue;
        }
        uint32_t missing = part->sequence - (begins ? 0 : last->sequence + 1);
        if (!p->reader->header.retaken)
            p->summary.damaged_segments += missing;
        else if (missing && part->base_ns > p->summary.whole_since_ns)
            p->summary.whole_since_ns = part->base_ns;
        p->summary.streams += begins;
        p->summary.segments++;
        bool defines = !last || part->dictionary != last->dictionary;
        if (defines && p->sink->begin_stream)
            p->sink->begin_stream(p->sink);
        if (defines && find_until(p, i))
            return -1;
        if (replay_events(p, i, !begins && p->whole && part->sequence == last->sequence + 1))
            return -1;
        last = part;
    }
    return 0;
}

static int replay_run(struct replay *p, struct err *err)
{
    struct reader *r = p->reader;
    vec_init(&p->parts, sizeof(struct part));
    p->buffer = alloc_resize(NULL, r->header.segment_bytes, 1);
    int result = replay_find_parts(p);
    if (!result)
        result = replay_parts(p);
    if (result)
        err_system(err, errno, "cannot read %s", r->name);
    vec_release(&p->parts);
    free(p->buffer);
    return result ? -1 : 0;
}

int reader_replay(struct reader *r, struct sink *sink, struct reader_summary *ret_summary,
                  struct err *err)
{
    struct replay p = {.reader = r, .sink = sink, .summary.whole_since_ns = r->header.retaken_ns};
    if (replay_run(&p, err))
        return -1;
    p.summary.lost = r->header.lost;
    p.summary.retaken_segments = r->header.retaken;
    p.summary.wall_ns = r->header.wall_ns;
    p.summary.start_ns = r->header.start_ns;
    p.summary.closed_ns = r->header.closed_ns;
    p.summary.index_bytes = r->header.index_bytes;
    p.summary.complete = r->header.closed_ns != 0;
    if (ret_summary)
        *ret_summary = p.summary;
    return 0;
}

int reader_replay_index(struct reader *r, struct sink *sink, struct err *err)
{
    struct replay p = {.reader = r, .sink = sink, .index = true};
    struct heat_segment segment = {0};
    uint64_t offset = r->header.index_offset;
    size_t len;
    if (!offset)
        return 0;
    if (reader_read(r, offset, &segment, sizeof segment, &len))
        return err_system(err, errno, "cannot read %s", r->name);
    p.index_stream = segment.stream;
    return replay_run(&p, err);
}

const struct heat_header *reader_header(const struct reader *r)
{
    return &r->header;
}

int reader_places(const struct reader *r, uint64_t *ret_places, struct err *err)
{
    uint64_t file_bytes;
    if (count_places(r, &file_bytes, ret_places))
        return err_system(err, errno, "cannot read %s", r->name);
    return 0;
}

int reader_place(const struct reader *r, uint64_t place, void *buffer, size_t bytes,
                 size_t *ret_len, struct err *err)
{
    uint64_t offset = HEAT_PAGE_BYTES + place * r->header.segment_bytes;
    if (reader_read(r, offset, buffer, bytes, ret_len))
        return err_system(err, errno, "cannot read %s", r->name);
    return 0;
}

int reader_producers(struct reader *r, unsigned *ret_producers, struct err *err)
{
    uint64_t places;
    unsigned producers = 0;
    if (reader_places(r, &places, err))
        return -1;
    for (uint64_t i = 0; i < places; i++) {
        struct heat_segment segment = {0};
        size_t len;
        if (reader_place(r, i, &segment, sizeof segment, &len, err))
            return -1;
        if (segment.magic == HEAT_SEGMENT_MAGIC && segment.producer <= HEAT_INDEX)
            producers |= 1u << segment.producer;
    }
    *ret_producers = producers;
    return 0;
}
