/* A recording built in memory, byte by byte as format.h says, for tests of the reader. */
#ifndef HEATLINE_TESTS_UNIT_IMAGE_H
#define HEATLINE_TESTS_UNIT_IMAGE_H

#include "check.h"
#include "model/codec.h"
#include "recording/format.h"

enum { IMAGE_SEGMENT_BYTES = HEAT_SEGMENT_BYTES_MIN };

struct image {
    uint8_t *bytes;
    size_t len;
    uint64_t last_t_ns;
};

static inline struct heat_header *image_header(struct image *m)
{
    return (struct heat_header *)m->bytes;
}

static inline struct image image_new(void)
{
    struct image m = {.bytes = calloc(1, HEAT_PAGE_BYTES), .len = HEAT_PAGE_BYTES};
    struct heat_header *header = image_header(&m);
    memcpy(header->magic, HEAT_MAGIC, sizeof header->magic);
    header->version = HEAT_VERSION;
    header->segment_bytes = IMAGE_SEGMENT_BYTES;
    return m;
}

static inline struct heat_segment *image_segment(struct image *m, uint32_t stream,
                                                 uint32_t sequence)
{
    m->bytes = realloc(m->bytes, m->len + IMAGE_SEGMENT_BYTES);
    memset(m->bytes + m->len, 0, IMAGE_SEGMENT_BYTES);
    struct heat_segment *segment = (struct heat_segment *)(m->bytes + m->len);
    *segment = (struct heat_segment){.magic = HEAT_SEGMENT_MAGIC,
                                     .producer = HEAT_SAMPLER,
                                     .stream = stream,
                                     .sequence = sequence};
    m->len += IMAGE_SEGMENT_BYTES;
    m->last_t_ns = 0;
    image_header(m)->segments++;
    return segment;
}

/* Adds to the last segment; false when it is full. */
static inline bool image_put(struct image *m, const struct event *event)
{
    struct heat_segment *segment = (struct heat_segment *)(m->bytes + m->len - IMAGE_SEGMENT_BYTES);
    uint64_t room = IMAGE_SEGMENT_BYTES - sizeof *segment - segment->used_bytes;
    if (codec_bytes_max(event) > room)
        return false;
    uint8_t *at = (uint8_t *)(segment + 1) + segment->used_bytes;
    segment->used_bytes += codec_put(at, event, &m->last_t_ns);
    return true;
}

#endif
