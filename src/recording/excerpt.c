#include "recording/excerpt.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/vec.h"
#include "recording/format.h"

struct place {
    uint64_t at;
    struct heat_segment head;
};

static bool defines(const struct heat_segment *s)
{
    return s->producer != HEAT_TRACER || s->stream == s->dictionary;
}

static int find_places(const struct reader *r, struct vec *ret_places, struct err *err)
{
    uint64_t count;
    if (reader_places(r, &count, err))
        return -1;
    for (uint64_t i = 0; i < count; i++) {
        struct place place = {.at = i};
        size_t len;
        if (reader_place(r, i, &place.head, sizeof place.head, &len, err))
            return -1;
        if (len == sizeof place.head && place.head.magic == HEAT_SEGMENT_MAGIC &&
            place.head.producer != HEAT_INDEX)
            *(struct place *)vec_push(ret_places) = place;
    }
    return 0;
}

static int by_stream(const void *left, const void *right)
{
    const struct heat_segment *a = &((const struct place *)left)->head;
    const struct heat_segment *b = &((const struct place *)right)->head;
    if (a->stream != b->stream)
        return a->stream < b->stream ? -1 : 1;
    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

/* A segment ends where the next one of its stream begins. */
static bool is_within(const struct vec *places, size_t i, uint64_t from_ns, uint64_t to_ns)
{
    const struct place *place = vec_at(places, i);
    const struct place *next = i + 1 < places->len ? vec_at(places, i + 1) : NULL;
    bool last = !next || next->head.stream != place->head.stream;
    return defines(&place->head) ||
           (place->head.base_ns <= to_ns && (last || next->head.base_ns >= from_ns));
}

/* What has been taken again since it was found is left out. */
static int copy(const struct reader *r, const struct place *place, uint8_t *buffer, size_t bytes,
                struct out *o, struct err *err)
{
    struct heat_segment now;
    size_t len;
    if (reader_place(r, place->at, buffer, bytes, &len, err))
        return -1;
    memset(buffer + len, 0, bytes - len);
    if (reader_place(r, place->at, &now, sizeof now, &len, err))
        return -1;
    bool same = now.magic == HEAT_SEGMENT_MAGIC && now.stream == place->head.stream &&
                now.sequence == place->head.sequence;
    if (!same)
        ((struct heat_segment *)buffer)->magic = 0;
    out_bytes(o, buffer, bytes);
    return 0;
}

static int write_places(struct reader *r, const struct vec *places, uint64_t from_ns,
                        uint64_t to_ns, struct out *o, struct err *err)
{
    struct heat_header header = *reader_header(r);
    uint8_t page[HEAT_PAGE_BYTES] = {0};
    uint64_t kept = 0;
    for (size_t i = 0; i < places->len; i++)
        kept += is_within(places, i, from_ns, to_ns);
    header.retaken += places->len - kept;
    header.retaken_ns = header.retaken && from_ns > header.retaken_ns ? from_ns : header.retaken_ns;
    header.segments = kept;
    header.closed_ns = to_ns;
    header.index_offset = header.index_bytes = 0;
    memcpy(page, &header, sizeof header);
    out_bytes(o, page, sizeof page);
    uint8_t *buffer = alloc_zeroed(header.segment_bytes, 1);
    int result = 0;
    for (size_t i = 0; i < places->len && !result; i++)
        if (is_within(places, i, from_ns, to_ns))
            result = copy(r, vec_at(places, i), buffer, header.segment_bytes, o, err);
    free(buffer);
    return result;
}

int excerpt_write(struct reader *r, uint64_t from_ns, uint64_t to_ns, struct out *o,
                  struct err *err)
{
    struct vec places;
    vec_init(&places, sizeof(struct place));
    int result = find_places(r, &places, err);
    if (!result && places.len)
        qsort(places.data, places.len, sizeof(struct place), by_stream);
    if (!result)
        result = write_places(r, &places, from_ns, to_ns, o, err);
    vec_release(&places);
    return result;
}
