/* The waist: producers emit events into a sink, whatever stands behind it. */
#ifndef HEATLINE_MODEL_SINK_H
#define HEATLINE_MODEL_SINK_H

#include <stdbool.h>

#include "model/event.h"

/* Encoded events that follow each other, as a segment of a recording holds them. */
struct run {
    const uint8_t *at, *end;
    uint64_t t_ns;     /* the segment's running time, as codec_get wants it */
    uint64_t until_ns; /* of a stream's last: when its producer's last event is, in any stream */
    bool continues;    /* the last run of this stream: nothing is missing between the two */
};

/* Embedded as first member by whoever consumes events (recording writer, profile builder). */
struct sink {
    /* 0, or -1 when the event could not be kept (the sink counts it as lost). Texts in the event
     * are valid during the call only. */
    int (*emit)(struct sink *sink, const struct event *event);
    /* Another producer's streams begin: ids start anew. May be NULL. */
    void (*begin_stream)(struct sink *sink);
    /* Takes a run at once, for who can decode faster than one by one: moves run->at behind the last
     * event that makes sense, and returns how many there were. May be NULL. */
    uint64_t (*take)(struct sink *sink, struct run *run);
};

#endif
