/* Events of every kind with extreme values, and their comparison, made from event.def. */
#ifndef HEATLINE_TESTS_UNIT_EVENTS_H
#define HEATLINE_TESTS_UNIT_EVENTS_H

#include <string.h>

#include "model/codec.h"
#include "model/event.h"
#include "numbers.h"

static const uint8_t event_kinds[] = {
#define EVENT(number, NAME, name, doc, fields) number,
#include "model/event.def"
#undef EVENT
};

enum { EVENT_KINDS = sizeof event_kinds };

static inline struct text fill_text(uint64_t *state)
{
    static char bytes[CODEC_TEXT_BYTES_MAX];
    static const uint32_t lengths[] = {0, 1, 7, 127, 128, CODEC_TEXT_BYTES_MAX};
    memset(bytes, 0, sizeof bytes); /* the same numbers shall make the same text again */
    for (size_t i = 0; i < sizeof bytes; i += 1 + number_next(state) % 512)
        bytes[i] = (char)number_next(state);
    return (struct text){bytes, lengths[number_next(state) % 6]};
}

#define fill_u32(state) (uint32_t) number_extreme(state)
#define fill_u64(state) number_extreme(state)
#define fill_i64(state) (int64_t) number_extreme(state)
#define fill_time(state) number_extreme(state)
#define fill_span(state) number_extreme(state)
#define fill_step(state) number_extreme(state)
#define fill_f64(state) (double)number_extreme(state)
#define fill_string(state)                                                                         \
    (struct string_id)                                                                             \
    {                                                                                              \
        fill_u32(state)                                                                            \
    }
#define fill_function(state)                                                                       \
    (struct function_id)                                                                           \
    {                                                                                              \
        fill_u32(state)                                                                            \
    }
#define fill_frame(state)                                                                          \
    (struct frame_id)                                                                              \
    {                                                                                              \
        fill_u32(state)                                                                            \
    }
#define fill_stack(state)                                                                          \
    (struct stack_id)                                                                              \
    {                                                                                              \
        fill_u32(state)                                                                            \
    }
#define fill_process(state)                                                                        \
    (struct process_id)                                                                            \
    {                                                                                              \
        fill_u32(state)                                                                            \
    }
#define fill_thread(state)                                                                         \
    (struct thread_id)                                                                             \
    {                                                                                              \
        fill_u32(state)                                                                            \
    }

static inline struct event event_extreme(uint8_t kind, uint64_t *state)
{
    struct event event = {0};
    switch (kind) {
#define F(type, name, doc) e->name = fill_##type(state);
#define EVENT(number, NAME, name, doc, fields)                                                     \
    case number: {                                                                                 \
        struct name##_event *e = &event.name;                                                      \
        event.kind = EVENT_##NAME;                                                                 \
        fields break;                                                                              \
    }
#include "model/event.def"
#undef EVENT
#undef F
    }
    return event;
}

#define same_number(a, b) ((a) == (b))
#define same_id(a, b) ((a).i == (b).i)
#define same_u32 same_number
#define same_u64 same_number
#define same_i64 same_number
#define same_time same_number
#define same_span same_number
#define same_step same_number
#define same_f64 same_number
#define same_string same_id
#define same_function same_id
#define same_frame same_id
#define same_stack same_id
#define same_process same_id
#define same_thread same_id
#define same_text(a, b)                                                                            \
    ((a).len_bytes == (b).len_bytes && !memcmp((a).data, (b).data, (a).len_bytes))

static inline int event_same(const struct event *left, const struct event *right)
{
    if (left->kind != right->kind)
        return 0;
    switch (left->kind) {
#define F(type, name, doc) &&same_##type(a->name, b->name)
#define EVENT(number, NAME, name, doc, fields)                                                     \
    case EVENT_##NAME: {                                                                           \
        const struct name##_event *a = &left->name, *b = &right->name;                             \
        return 1 fields;                                                                           \
    }
#include "model/event.def"
#undef EVENT
#undef F
    }
    return 0;
}

#endif
