/* Events as text for people. Texts are quoted, and bytes that could disturb a terminal escaped: they
 * come from other processes. */
#include "model/event.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct line {
    char *text;
    size_t len, cap; /* one byte of cap is kept for the NUL */
};

__attribute__((format(printf, 2, 3))) static void line_add(struct line *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(l->text + l->len, l->cap - l->len, format, args);
    va_end(args);
    size_t room = l->cap - l->len - 1;
    l->len += len < 0 ? 0 : (size_t)len < room ? (size_t)len : room;
}

static void add_number(struct line *l, const char *name, uint64_t value)
{
    line_add(l, " %s=%" PRIu64, name, value);
}

static void add_f64(struct line *l, const char *name, double value)
{
    line_add(l, " %s=%.17g", name, value);
}

static void add_i64(struct line *l, const char *name, int64_t value)
{
    line_add(l, " %s=%" PRId64, name, value);
}

static void add_text(struct line *l, const char *name, struct text value)
{
    line_add(l, " %s=\"", name);
    for (uint32_t i = 0; i < value.len_bytes && l->len + 1 < l->cap; i++) {
        unsigned char byte = (unsigned char)value.data[i];
        if (byte == '"' || byte == '\\')
            line_add(l, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7f)
            line_add(l, "\\x%02x", byte);
        else
            line_add(l, "%c", byte);
    }
    line_add(l, "\"");
}

#define add_string(l, name, value) add_number(l, name, (value).i)
#define add_function(l, name, value) add_number(l, name, (value).i)
#define add_frame(l, name, value) add_number(l, name, (value).i)
#define add_stack(l, name, value) add_number(l, name, (value).i)
#define add_process(l, name, value) add_number(l, name, (value).i)
#define add_thread(l, name, value) add_number(l, name, (value).i)
#define add_u32 add_number
#define add_u64 add_number
#define add_time add_number
#define add_span add_number
#define add_step add_number

size_t event_print(const struct event *event, char *line, size_t line_bytes)
{
    if (!line_bytes)
        return 0;
    struct line l = {.text = line, .cap = line_bytes};
    line[0] = '\0';
    switch (event->kind) {
#define F(type, name, doc) add_##type(&l, #name, e->name);
#define EVENT(number, NAME, name, doc, fields)                                                     \
    case EVENT_##NAME: {                                                                           \
        const struct name##_event *e = &event->name;                                               \
        line_add(&l, #NAME);                                                                       \
        fields break;                                                                              \
    }
#include "model/event.def"
#undef EVENT
#undef F
    }
    return l.len;
}
