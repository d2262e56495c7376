/* A producer's ids. Knows how content is told apart and that each definition is emitted once; knows
 * nothing of where frames come from. Once warm, asking costs map lookups and nothing else. */
#include "model/dictionary.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/intern.h"
#include "model/codec.h"
#include "model/unique.h"

struct dictionary {
    struct sink *sink;
    struct intern *strings;
    struct unique unique;
    uint32_t string_base;  /* ids given out before the strings were last forgotten */
    uint32_t stacks_start; /* stack_count then */
    uint32_t epoch;
};

struct dictionary *dictionary_new(struct sink *sink)
{
    struct dictionary *d = alloc_zeroed(1, sizeof *d);
    d->sink = sink;
    d->strings = intern_new();
    unique_init(&d->unique);
    return d;
}

void dictionary_free(struct dictionary *d)
{
    if (!d)
        return;
    unique_release(&d->unique);
    intern_free(d->strings);
    free(d);
}

/* What the sink cannot keep it counts as lost, so the result needs no look here. */
static void dictionary_emit(struct dictionary *d, const struct event *event)
{
    d->sink->emit(d->sink, event);
}

struct string_id dictionary_string(struct dictionary *d, const char *text, size_t len_bytes)
{
    if (len_bytes > CODEC_TEXT_BYTES_MAX)
        len_bytes = CODEC_TEXT_BYTES_MAX;
    bool new;
    uint32_t index = intern_id(d->strings, text, len_bytes, &new);
    struct string_id id = {d->string_base + index + 1};
    if (new) {
        struct event event = {.kind = EVENT_STRING};
        event.string.id = id;
        event.string.text = (struct text){.data = text, .len_bytes = (uint32_t)len_bytes};
        dictionary_emit(d, &event);
    }
    return id;
}

struct function_id dictionary_function(struct dictionary *d, struct string_id name,
                                       struct string_id file, uint32_t first_line)
{
    bool new;
    struct function_id id = unique_function(&d->unique, name, file, first_line, &new);
    if (new) {
        struct event event = {.kind = EVENT_FUNCTION};
        event.function = (struct function_event){id, name, file, first_line};
        dictionary_emit(d, &event);
    }
    return id;
}

struct frame_id dictionary_frame(struct dictionary *d, struct function_id function, uint32_t line)
{
    bool new;
    struct frame_id id = unique_frame(&d->unique, function, line, &new);
    if (new) {
        struct event event = {.kind = EVENT_FRAME};
        event.frame = (struct frame_event){id, function, line};
        dictionary_emit(d, &event);
    }
    return id;
}

struct stack_id dictionary_stack(struct dictionary *d, struct stack_id parent,
                                 struct frame_id frame)
{
    bool new;
    struct stack_id id = unique_stack(&d->unique, parent, frame, &new);
    if (new) {
        struct event event = {.kind = EVENT_STACK};
        event.stack = (struct stack_event){id, parent, frame};
        dictionary_emit(d, &event);
    }
    return id;
}

uint32_t dictionary_epoch(const struct dictionary *d)
{
    return d->epoch;
}

void dictionary_trim(struct dictionary *d)
{
    uint32_t stacks = d->unique.stack_count - d->stacks_start;
    /* Names may be made without end where stacks are not: threads, processes. */
    if (stacks <= DICTIONARY_STACKS_MAX && intern_count(d->strings) <= DICTIONARY_STACKS_MAX)
        return;
    d->string_base += intern_count(d->strings);
    d->stacks_start = d->unique.stack_count;
    intern_free(d->strings);
    d->strings = intern_new();
    unique_forget(&d->unique);
    d->epoch++;
}
