/* The codec, generated from event.def: one put_, get_ and max_ per field type. It knows nothing of
 * segments or files; what it reads may be hostile. */
#include "model/codec.h"

#include <stdbool.h>
#include <string.h>

#include "base/varint.h"

enum { ID_BYTES_MAX = 5 };

/* What fields of one event share: where we are, the segment's running time, and how far this event
 * moved it (the prediction for a `span`). */
struct put {
    uint8_t *at;
    uint64_t last_t_ns, step_ns;
};

/* Most numbers are small: those need no call. */
static inline void put_u64(struct put *p, uint64_t value)
{
    if (value < 0x80)
        *p->at++ = (uint8_t)value;
    else
        p->at += varint_put(p->at, value);
}

static inline void put_i64(struct put *p, int64_t value)
{
    put_u64(p, zigzag(value));
}

static inline void put_time(struct put *p, uint64_t t_ns)
{
    p->step_ns = t_ns - p->last_t_ns;
    p->last_t_ns = t_ns;
    put_i64(p, (int64_t)p->step_ns);
}

static inline void put_step(struct put *p, uint64_t t_ns)
{
    put_u64(p, t_ns - p->last_t_ns);
    p->last_t_ns = t_ns;
}

static inline void put_f64(struct put *p, double value)
{
    memcpy(p->at, &value, sizeof(value));
    p->at += sizeof(value);
}

static inline void put_span(struct put *p, uint64_t span_ns)
{
    put_i64(p, (int64_t)(span_ns - p->step_ns));
}

static inline uint32_t text_len(struct text text)
{
    return text.len_bytes < CODEC_TEXT_BYTES_MAX ? text.len_bytes : CODEC_TEXT_BYTES_MAX;
}

static inline void put_text(struct put *p, struct text text)
{
    uint32_t len = text_len(text);
    put_u64(p, len);
    if (len)
        memcpy(p->at, text.data, len);
    p->at += len;
}

#define put_u32 put_u64
#define put_string(p, id) put_u64(p, (id).i)
#define put_function(p, id) put_u64(p, (id).i)
#define put_frame(p, id) put_u64(p, (id).i)
#define put_stack(p, id) put_u64(p, (id).i)
#define put_process(p, id) put_u64(p, (id).i)
#define put_thread(p, id) put_u64(p, (id).i)

#define max_u32(value) ID_BYTES_MAX
#define max_u64(value) VARINT_BYTES_MAX
#define max_i64(value) VARINT_BYTES_MAX
#define max_time(value) VARINT_BYTES_MAX
#define max_span(value) VARINT_BYTES_MAX
#define max_step(value) VARINT_BYTES_MAX
#define max_f64(value) sizeof(double)
#define max_text(value) (ID_BYTES_MAX + text_len(value))
#define max_string max_u32
#define max_function max_u32
#define max_frame max_u32
#define max_stack max_u32
#define max_process max_u32
#define max_thread max_u32

size_t codec_bytes_max(const struct event *event)
{
    switch (event->kind) {
#define F(type, name, doc) +max_##type(e->name)
#define EVENT(number, NAME, name, doc, fields)                                                     \
    case EVENT_##NAME: {                                                                           \
        const struct name##_event *e = &event->name;                                               \
        (void)e;                                                                                   \
        return 1 fields;                                                                           \
    }
#include "model/event.def"
#undef EVENT
#undef F
    }
    return 0;
}

size_t codec_put(uint8_t *at, const struct event *event, uint64_t *last_t_ns)
{
    struct put p = {.at = at, .last_t_ns = *last_t_ns};
    switch (event->kind) {
#define F(type, name, doc) put_##type(&p, e->name);
#define EVENT(number, NAME, name, doc, fields)                                                     \
    case EVENT_##NAME: {                                                                           \
        const struct name##_event *e = &event->name;                                               \
        *p.at++ = number;                                                                          \
        fields break;                                                                              \
    }
#include "model/event.def"
#undef EVENT
#undef F
    }
    *last_t_ns = p.last_t_ns;
    return (size_t)(p.at - at);
}

struct get {
    const uint8_t *at, *end;
    uint64_t last_t_ns, step_ns;
};

static inline int get_u64(struct get *g, uint64_t *ret)
{
    return varint_get(&g->at, g->end, ret);
}

static inline int get_u32(struct get *g, uint32_t *ret)
{
    uint64_t value;
    if (get_u64(g, &value) || value > UINT32_MAX)
        return -1;
    *ret = (uint32_t)value;
    return 0;
}

static inline int get_i64(struct get *g, int64_t *ret)
{
    uint64_t value;
    if (get_u64(g, &value))
        return -1;
    *ret = unzigzag(value);
    return 0;
}

static inline int get_time(struct get *g, uint64_t *ret)
{
    int64_t step;
    if (get_i64(g, &step))
        return -1;
    g->step_ns = (uint64_t)step;
    g->last_t_ns += g->step_ns;
    *ret = g->last_t_ns;
    return 0;
}

static inline int get_span(struct get *g, uint64_t *ret)
{
    int64_t difference;
    if (get_i64(g, &difference))
        return -1;
    *ret = g->step_ns + (uint64_t)difference;
    return 0;
}

static inline int get_step(struct get *g, uint64_t *ret)
{
    uint64_t step_ns;
    if (get_u64(g, &step_ns))
        return -1;
    g->last_t_ns += step_ns;
    *ret = g->last_t_ns;
    return 0;
}

static inline int get_f64(struct get *g, double *ret)
{
    if (g->end - g->at < (ptrdiff_t)sizeof(*ret))
        return -1;
    memcpy(ret, g->at, sizeof(*ret));
    g->at += sizeof(*ret);
    return 0;
}

static inline int get_text(struct get *g, struct text *ret)
{
    uint32_t len;
    if (get_u32(g, &len) || len > CODEC_TEXT_BYTES_MAX || len > (size_t)(g->end - g->at))
        return -1;
    *ret = (struct text){.data = (const char *)g->at, .len_bytes = len};
    g->at += len;
    return 0;
}

#define get_string(g, ret) get_u32(g, &(ret)->i)
#define get_function(g, ret) get_u32(g, &(ret)->i)
#define get_frame(g, ret) get_u32(g, &(ret)->i)
#define get_stack(g, ret) get_u32(g, &(ret)->i)
#define get_process(g, ret) get_u32(g, &(ret)->i)
#define get_thread(g, ret) get_u32(g, &(ret)->i)

static int get_fields(struct get *g, uint8_t kind, struct event *event)
{
    switch (kind) {
#define F(type, name, doc) || get_##type(g, &e->name)
#define EVENT(number, NAME, name, doc, fields)                                                     \
    case number: {                                                                                 \
        struct name##_event *e = &event->name;                                                     \
        event->kind = EVENT_##NAME;                                                                \
        return (false fields) ? -1 : 0;                                                            \
    }
#include "model/event.def"
#undef EVENT
#undef F
    default:
        return -1;
    }
}

int codec_get(const uint8_t **at, const uint8_t *end, uint64_t *last_t_ns, struct event *ret_event)
{
    if (*at >= end)
        return -1;
    struct get g = {.at = *at + 1, .end = end, .last_t_ns = *last_t_ns};
    struct event event;
    if (get_fields(&g, **at, &event))
        return -1;
    *at = g.at;
    *last_t_ns = g.last_t_ns;
    *ret_event = event;
    return 0;
}
