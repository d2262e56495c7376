/* A stream of events that goes into segments of the recording. Not locked: one writer at a time. */
#ifndef HEATLINE_AGENT_STREAM_H
#define HEATLINE_AGENT_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "agent/segment.h"
#include "model/event.h"

struct stream {
    uint8_t *at, *end;            /* room left; both NULL when there is none */
    struct heat_segment *segment; /* NULL before the first event */
    uint64_t last_t_ns;
    uint32_t id, sequence, dictionary;
};

void stream_init(struct stream *s, uint32_t id, uint32_t dictionary, uint64_t t_ns);

/* Begins the next segment, whatever room there is. 0, or -1: nothing can be written any more. */
int stream_next(struct stream *s);

/* Makes what lies before `at` valid. */
static inline void stream_commit(struct stream *s)
{
    __atomic_store_n(&s->segment->used_bytes, (uint64_t)(s->at - (uint8_t *)(s->segment + 1)),
                     __ATOMIC_RELEASE);
}

/* 0, or -1: it was lost, and counted. */
int stream_put(struct stream *s, const struct event *event);

#endif
