/* The waist: producers emit events into a sink, whatever stands behind it. */
#ifndef HEATLINE_MODEL_SINK_H
#define HEATLINE_MODEL_SINK_H

#include "model/event.h"

/* Embedded as first member by whoever consumes events (recording writer, profile builder). */
struct sink {
    /* 0, or -1 when the event could not be kept (the sink counts it as lost). Texts in the event
     * are valid during the call only. */
    int (*emit)(struct sink *sink, const struct event *event);
    /* Another producer's streams begin: ids start anew. May be NULL. */
    void (*begin_stream)(struct sink *sink);
};

#endif
