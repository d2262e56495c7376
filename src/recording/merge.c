/* Knows headers and segments, not what events mean. */
#include "recording/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "recording/format.h"

/* One recording that goes into another. */
struct source {
    struct reader *reader;
    uint64_t places;
    uint64_t segments; /* places that hold one */
    uint32_t streams;  /* numbers that it takes */
    uint32_t first_stream;
    uint64_t shift_ns; /* to be added to its times */
};

/* CLOCK_MONOTONIC of the wall clock's zero, which is when the machine was booted, but for the sign. */
static int64_t boot_of(const struct reader *r)
{
    const struct heat_header *h = reader_header(r);
    return (int64_t)(h->start_ns - h->wall_ns);
}

/* Forwards only, so that no time becomes negative. */
static void align(struct source *sources, size_t count)
{
    int64_t last = boot_of(sources[0].reader);
    for (size_t i = 1; i < count; i++) {
        int64_t boot = boot_of(sources[i].reader);
        last = boot > last ? boot : last;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t shift_ns = (uint64_t)last - (uint64_t)boot_of(sources[i].reader);
        sources[i].shift_ns = shift_ns < (uint64_t)MERGE_SAME_BOOT_NS ? 0 : shift_ns;
    }
}

/* An index tells of the recording that it stands in, not of the merged one. */
static bool is_segment(const struct heat_segment *segment, size_t len)
{
    return len >= sizeof *segment && segment->magic == HEAT_SEGMENT_MAGIC &&
           segment->producer != HEAT_INDEX;
}

static int measure(struct source *s, struct err *err)
{
    if (reader_places(s->reader, &s->places, err))
        return -1;
    uint64_t streams = 0;
    for (uint64_t i = 0; i < s->places; i++) {
        struct heat_segment segment = {0};
        size_t len;
        if (reader_place(s->reader, i, &segment, sizeof segment, &len, err))
            return -1;
        if (!is_segment(&segment, len))
            continue;
        s->segments++;
        uint64_t after = (uint64_t)segment.stream + 1, defined = (uint64_t)segment.dictionary + 1;
        streams = after > streams ? after : streams;
        if (segment.producer == HEAT_TRACER)
            streams = defined > streams ? defined : streams;
    }
    if (streams > UINT32_MAX - s->first_stream)
        return err_set(err, STATUS_FAIL, "the numbers of these streams are too large to be merged");
    s->streams = (uint32_t)streams;
    return 0;
}

static struct heat_header header_of(const struct source *sources, size_t count)
{
    const struct heat_header *first = reader_header(sources[0].reader);
    struct heat_header merged = {.version = HEAT_VERSION, .segment_bytes = first->segment_bytes};
    bool closed = true;
    memcpy(merged.magic, HEAT_MAGIC, sizeof merged.magic);
    for (size_t i = 0; i < count; i++) {
        const struct heat_header *h = reader_header(sources[i].reader);
        uint64_t start_ns = h->start_ns + sources[i].shift_ns;
        uint64_t closed_ns = h->closed_ns + sources[i].shift_ns;
        if (!i || start_ns < merged.start_ns) {
            merged.start_ns = start_ns;
            merged.wall_ns = h->wall_ns;
        }
        closed &= h->closed_ns != 0;
        merged.closed_ns = closed_ns > merged.closed_ns ? closed_ns : merged.closed_ns;
        merged.segments += sources[i].segments;
        merged.retaken += h->retaken;
        uint64_t retaken_ns = h->retaken ? h->retaken_ns + sources[i].shift_ns : 0;
        merged.retaken_ns = retaken_ns > merged.retaken_ns ? retaken_ns : merged.retaken_ns;
        merged.streams += sources[i].streams;
        merged.lost += h->lost;
    }
    if (!closed)
        merged.closed_ns = 0;
    return merged;
}

static int copy_segments(const struct source *s, uint8_t *buffer, struct out *o, struct err *err)
{
    size_t bytes = reader_header(s->reader)->segment_bytes, len;
    for (uint64_t i = 0; i < s->places; i++) {
        struct heat_segment segment;
        if (reader_place(s->reader, i, buffer, bytes, &len, err))
            return -1;
        memset(buffer + len, 0, bytes - len);
        memcpy(&segment, buffer, sizeof segment);
        if (!is_segment(&segment, len))
            continue;
        segment.dictionary = segment.producer == HEAT_TRACER ? segment.dictionary : segment.stream;
        segment.stream += s->first_stream;
        segment.dictionary += s->first_stream;
        segment.base_ns += s->shift_ns;
        if (segment.used_bytes > len - sizeof segment)
            segment.used_bytes = len - sizeof segment; /* what was cut off does not become zeros */
        memcpy(buffer, &segment, sizeof segment);
        out_bytes(o, buffer, bytes);
    }
    return 0;
}

static int write_all(const struct source *sources, size_t count, struct out *o, struct err *err)
{
    struct heat_header header = header_of(sources, count);
    uint8_t page[HEAT_PAGE_BYTES] = {0};
    memcpy(page, &header, sizeof header);
    out_bytes(o, page, sizeof page);
    uint8_t *buffer = alloc_zeroed(header.segment_bytes, 1);
    int result = 0;
    for (size_t i = 0; i < count && !result; i++)
        result = copy_segments(&sources[i], buffer, o, err);
    free(buffer);
    return result;
}

int merge_write(struct reader *const *readers, size_t count, struct out *o, struct err *err)
{
    struct source *sources = alloc_zeroed(count, sizeof *sources);
    int result = 0;
    for (size_t i = 0; i < count && !result; i++) {
        sources[i].reader = readers[i];
        sources[i].first_stream = i ? sources[i - 1].first_stream + sources[i - 1].streams : 0;
        if (reader_header(readers[i])->segment_bytes != reader_header(readers[0])->segment_bytes)
            result = err_set(err, STATUS_FAIL,
                             "recordings with segments of different sizes cannot "
                             "be merged");
        else
            result = measure(&sources[i], err);
    }
    if (!result) {
        align(sources, count);
        result = write_all(sources, count, o, err);
    }
    free(sources);
    return result;
}
