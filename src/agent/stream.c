#include "agent/stream.h"

#include <stdbool.h>

#include "model/codec.h"

void stream_init(struct stream *s, uint32_t id, uint32_t dictionary, uint64_t t_ns)
{
    *s = (struct stream){.id = id, .dictionary = dictionary, .last_t_ns = t_ns};
}

int stream_next(struct stream *s)
{
    const struct heat_segment head = {
        .producer = HEAT_TRACER,
        .stream = s->id,
        .sequence = s->sequence,
        .dictionary = s->dictionary,
        .base_ns = s->last_t_ns,
    };
    struct heat_segment *segment = segment_next(s->segment, &head);
    if (!segment) {
        s->at = s->end = NULL;
        return -1;
    }
    s->sequence++;
    s->segment = segment;
    s->at = (uint8_t *)(segment + 1);
    s->end = (uint8_t *)segment + HEAT_SEGMENT_BYTES;
    return 0;
}

int stream_put(struct stream *s, const struct event *event)
{
    bool full = (size_t)(s->end - s->at) < codec_bytes_max(event);
    if (full && ((s->segment && !s->at) || stream_next(s))) {
        segment_count_lost(1);
        return -1;
    }
    s->at += codec_put(s->at, event, &s->last_t_ns);
    stream_commit(s);
    return 0;
}
