/* A sink that keeps what a dictionary defines, so that frame ids can be told in words. */
#ifndef HEATLINE_TESTS_UNIT_BOOK_H
#define HEATLINE_TESTS_UNIT_BOOK_H

#include <inttypes.h>

#include "base/str.h"
#include "base/vec.h"
#include "check.h"
#include "model/dictionary.h"

struct book {
    struct sink sink;
    struct vec strings, functions, frames; /* of struct str and struct event; ids count from 1 */
};

static inline int book_emit(struct sink *sink, const struct event *event)
{
    struct book *b = (struct book *)sink;
    if (event->kind == EVENT_STRING) {
        struct str text = STR_EMPTY;
        str_add_bytes(&text, event->string.text.data, event->string.text.len_bytes);
        str_add(&text, "");
        *(struct str *)vec_push(&b->strings) = text;
        assert_int_equal(event->string.id.i, b->strings.len);
    } else if (event->kind == EVENT_FUNCTION) {
        *(struct event *)vec_push(&b->functions) = *event;
        assert_int_equal(event->function.id.i, b->functions.len);
    } else if (event->kind == EVENT_FRAME) {
        *(struct event *)vec_push(&b->frames) = *event;
        assert_int_equal(event->frame.id.i, b->frames.len);
    }
    return 0;
}

static inline void book_init(struct book *b)
{
    *b = (struct book){.sink.emit = book_emit};
    vec_init(&b->strings, sizeof(struct str));
    vec_init(&b->functions, sizeof(struct event));
    vec_init(&b->frames, sizeof(struct event));
}

static inline void book_release(struct book *b)
{
    for (size_t i = 0; i < b->strings.len; i++)
        str_release(vec_at(&b->strings, i));
    vec_release(&b->strings);
    vec_release(&b->functions);
    vec_release(&b->frames);
}

static inline const char *book_text(const struct book *b, struct string_id id)
{
    const struct str *text = vec_at(&b->strings, id.i - 1);
    return text->data ? text->data : "";
}

/* Name, file and line, with tabs between them. */
static inline void book_tell(const struct book *b, struct frame_id id, struct str *text)
{
    const struct event *frame = vec_at(&b->frames, id.i - 1);
    const struct event *function = vec_at(&b->functions, frame->frame.function.i - 1);
    str_printf(text, "%s\t%s\t%" PRIu32, book_text(b, function->function.name),
               book_text(b, function->function.file), frame->frame.line);
}

#endif
