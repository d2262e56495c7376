/* A traced process built in memory: its dictionary is stream 0, its lanes are 1, 2 …. */
#ifndef HEATLINE_TESTS_UNIT_TRACE_H
#define HEATLINE_TESTS_UNIT_TRACE_H

#include "image.h"

static inline void trace_put(struct image *m, struct event event)
{
    assert_true(image_put(m, &event));
}

static inline void trace_segment(struct image *m, uint32_t stream, uint32_t sequence)
{
    struct heat_segment *segment = image_segment(m, stream, sequence);
    segment->producer = HEAT_TRACER;
    segment->dictionary = 0;
}

/* Function i is called by the i-th letter: 1 is "a", 2 is "b" … */
enum { TRACE_FUNCTIONS = 8, TRACE_THREADS = 3 };

static inline struct image trace_new(void)
{
    struct image m = image_new();
    trace_segment(&m, 0, 0);
    for (uint32_t i = 1; i <= TRACE_FUNCTIONS; i++) {
        char name[] = {(char)('a' + i - 1), '\0'};
        trace_put(&m, (struct event){EVENT_STRING, .string = {{i}, {name, 1}}});
        trace_put(&m, (struct event){EVENT_FUNCTION, .function = {{i}, {i}, {0}, i}});
    }
    trace_put(&m, (struct event){EVENT_PROCESS, .process = {.id = {1}, .pid = 100}});
    for (uint32_t i = 1; i <= TRACE_THREADS; i++)
        trace_put(&m, (struct event){EVENT_THREAD,
                                     .thread = {.id = {i}, .process = {1}, .tid = 100 + i}});
    return m;
}

static inline void trace_lane(struct image *m, uint32_t thread, uint64_t t_ns, uint32_t depth,
                              const char *open)
{
    trace_put(m, (struct event){EVENT_LANE, .lane = {{thread}, t_ns, depth}});
    for (; *open; open++)
        trace_put(m, (struct event){EVENT_OPEN, .open = {{(uint32_t)(*open - 'a' + 1)}}});
}

static inline void trace_enter(struct image *m, char function, uint64_t t_ns)
{
    trace_put(m, (struct event){EVENT_ENTER, .enter = {t_ns, {(uint32_t)(function - 'a' + 1)}}});
}

static inline void trace_resume(struct image *m, char function, uint64_t t_ns)
{
    trace_put(m, (struct event){EVENT_RESUME, .resume = {t_ns, {(uint32_t)(function - 'a' + 1)}}});
}

/* `kind`: EVENT_LEAVE, EVENT_YIELD or EVENT_UNWIND, whose fields are the same. */
static inline void trace_leave(struct image *m, enum event_kind kind, uint64_t t_ns)
{
    trace_put(m, (struct event){kind, .leave = {t_ns}});
}

#endif
