/* A sink that checks a numbered run of samples: state counts 0, 1, 2 … without a gap. */
#ifndef HEATLINE_TESTS_UNIT_SAMPLES_H
#define HEATLINE_TESTS_UNIT_SAMPLES_H

#include "check.h"
#include "model/sink.h"
#include "recording/reader.h"

struct samples {
    struct sink sink;
    uint32_t count, streams;
};

static inline struct event sample_numbered(uint32_t number)
{
    struct event event = {.kind = EVENT_SAMPLE};
    event.sample = (struct sample_event){{1}, {number}, number};
    return event;
}

static inline int samples_emit(struct sink *sink, const struct event *event)
{
    struct samples *s = (struct samples *)sink;
    assert_int_equal(event->kind, EVENT_SAMPLE);
    assert_int_equal(event->sample.state, s->count);
    assert_int_equal(event->sample.stack.i, s->count);
    s->count++;
    return 0;
}

static inline void samples_begin_stream(struct sink *sink)
{
    ((struct samples *)sink)->streams++;
}

static inline struct samples samples_init(void)
{
    return (struct samples){.sink = {.emit = samples_emit, .begin_stream = samples_begin_stream}};
}

/* Replays and closes; returns how many samples there are. */
static inline uint32_t samples_count(struct reader *r, struct reader_summary *ret_summary)
{
    struct err err = {0};
    struct samples samples = samples_init();
    assert_non_null(r);
    assert_int_equal(reader_replay(r, &samples.sink, ret_summary, &err), 0);
    assert_int_equal(ret_summary->events, samples.count);
    assert_int_equal(ret_summary->streams, samples.streams);
    reader_free(r);
    return samples.count;
}

#endif
