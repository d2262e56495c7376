/* Any bytes as a recording: replayed into a profile and into text, and merged with itself. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "model/profile.h"
#include "recording/merge.h"
#include "recording/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

/* Passes events on to a profile and prints each. */
struct tee {
    struct sink sink;
    struct profile *profile;
};

static int tee_emit(struct sink *sink, const struct event *event)
{
    char line[120];
    event_print(event, line, sizeof line);
    struct sink *next = &((struct tee *)sink)->profile->sink;
    return next->emit(next, event);
}

static void tee_begin_stream(struct sink *sink)
{
    struct sink *next = &((struct tee *)sink)->profile->sink;
    next->begin_stream(next);
}

/* What consumers rely on without looking. */
static void check(const struct profile *p)
{
    for (uint32_t i = 1; i < p->stacks.len; i++) {
        const struct profile_stack *stack = vec_at(&p->stacks, i);
        if (stack->parent.i >= i || stack->frame.i >= p->frames.len)
            abort();
    }
    for (size_t i = 0; i < p->samples.len; i++) {
        const struct profile_sample *sample = vec_at(&p->samples, i);
        if (sample->thread.i >= p->threads.len || sample->stack.i >= p->stacks.len)
            abort();
    }
}

static uint64_t count_events(struct reader *r)
{
    struct profile *p = profile_new();
    struct reader_summary summary;
    struct err err;
    if (!r || reader_replay(r, &p->sink, &summary, &err))
        abort();
    profile_free(p);
    return summary.events;
}

static void merge(struct reader *r, uint64_t events)
{
    struct reader *readers[] = {r, r};
    struct out *o = out_memory();
    struct err err;
    if (!merge_write(readers, 2, o, &err)) {
        size_t len;
        const void *bytes = out_memory_bytes(o, &len);
        struct reader *both = reader_open_bytes(bytes, len, "both", &err);
        if (count_events(both) != 2 * events)
            abort();
        reader_free(both);
    }
    out_discard(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
    struct err err;
    struct reader_summary summary;
    struct reader *r = reader_open_bytes(bytes, len_bytes, "fuzz", &err);
    if (!r)
        return 0;
    struct tee tee = {.sink = {.emit = tee_emit, .begin_stream = tee_begin_stream}};
    tee.profile = profile_new();
    if (reader_replay(r, &tee.sink, &summary, &err) || summary.events != tee.profile->events)
        abort();
    check(tee.profile);
    merge(r, summary.events);
    profile_free(tee.profile);
    reader_free(r);
    return 0;
}
