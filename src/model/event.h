/* Events: what every producer emits and every consumer understands. Generated from event.def. */
#ifndef HEATLINE_MODEL_EVENT_H
#define HEATLINE_MODEL_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "model/ids.h"

enum sample_state {
    SAMPLE_ON_CPU = 1 << 0,
    SAMPLE_GIL_HELD = 1 << 1, /* free-threaded builds: attached to the interpreter */
    SAMPLE_GIL_WAIT = 1 << 2,
    SAMPLE_GC = 1 << 3,        /* the collector runs in this thread */
    SAMPLE_TRUNCATED = 1 << 4, /* only the outer, verified part of the stack is there */
    SAMPLE_FROZEN = 1 << 5,    /* read while the thread was stopped */
};

enum reject_reason {
    REJECT_TORN = 1,    /* it moved too fast to be read, and freezing it was not possible */
    REJECT_INVALID = 2, /* what was read is no Python stack */
};

enum instant_scope {
    INSTANT_THREAD = 0,
    INSTANT_PROCESS = 1,
    INSTANT_GLOBAL = 2,
};

/* Bytes owned by somebody else, valid while the event is being handled. */
struct text {
    const char *data;
    uint32_t len_bytes;
};

typedef struct string_id event_string;
typedef struct function_id event_function;
typedef struct frame_id event_frame;
typedef struct stack_id event_stack;
typedef struct process_id event_process;
typedef struct thread_id event_thread;
typedef uint32_t event_u32;
typedef uint64_t event_u64;
typedef int64_t event_i64;
typedef double event_f64;
typedef uint64_t event_time;
typedef uint64_t event_step;
typedef uint64_t event_span;
typedef struct text event_text;

#define F(type, name, doc) event_##type name;
#define EVENT(number, NAME, name, doc, fields)                                                     \
    struct name##_event {                                                                          \
        fields                                                                                     \
    };
#include "model/event.def"
#undef EVENT
#undef F

enum event_kind {
#define EVENT(number, NAME, name, doc, fields) EVENT_##NAME = number,
#include "model/event.def"
#undef EVENT
};

struct event {
    enum event_kind kind;
    union {
#define EVENT(number, NAME, name, doc, fields) struct name##_event name;
#include "model/event.def"
#undef EVENT
    };
};

/* One line of text for people: "SAMPLE thread=1 stack=7 state=3". Returns its length. */
size_t event_print(const struct event *event, char *line, size_t line_bytes);

#endif
