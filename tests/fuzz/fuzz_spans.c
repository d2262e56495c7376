/* Any bytes as a recording of calls: they are nested, no call takes less time than those it makes, and a
 * view can be made of them. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "analysis/calls.h"
#include "analysis/slices.h"
#include "analysis/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

struct checker {
    struct calls calls;
    struct vec open; /* struct span */
};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void on_enter(void *context, const struct span *span)
{
    struct checker *c = context;
    const struct profile *p = c->calls.profile;
    must(span->function.i < p->functions.len && span->caller.i < p->functions.len);
    must(span->thread.i && span->thread.i < p->threads.len);
    *(struct span *)vec_push(&c->open) = *span;
}

static void on_leave(void *context, const struct span *span)
{
    struct checker *c = context;
    must(c->open.len > 0);
    const struct span *entered = vec_at(&c->open, c->open.len - 1);
    must(span->function.i == entered->function.i && span->thread.i == entered->thread.i &&
         span->start_ns == entered->start_ns && span->depth == entered->depth);
    must(span->self_ns <= span_duration_ns(span));
    vec_resize(&c->open, c->open.len - 1);
}

static void on_event(void *context, struct thread_id thread, const struct event *event)
{
    struct checker *c = context;
    must(thread.i < c->calls.profile->threads.len);
    if (event->kind == EVENT_TASK)
        profile_string(c->calls.profile, event->task.name);
}

static void follow(struct reader *r, const struct query *query)
{
    static const struct spans_visitor visitor = {on_enter, on_leave, on_event};
    struct checker c = {0};
    struct err err;
    vec_init(&c.open, sizeof(struct span));
    calls_init(&c.calls, r, query);
    must(calls_follow(&c.calls, &visitor, &c, &err) == 0);
    must(c.open.len == 0 && c.calls.summary.events == c.calls.profile->events);
    calls_release(&c.calls);
    vec_release(&c.open);
}

static void show(struct reader *r)
{
    struct profile *p = profile_new();
    struct reader_summary summary;
    struct view view;
    struct err err;
    must(slices_replay(r, true, p, &summary, &err) == 0);
    must(view_init(&view, p, &(struct query){.threads = true}, &err) == 0);
    view_release(&view);
    profile_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
    static const char *const pattern[] = {"*1*", NULL};
    struct err err;
    struct reader *r = reader_open_bytes(bytes, len_bytes, "fuzz", &err);
    if (!r)
        return 0;
    follow(r, &(struct query){0});
    follow(r, &(struct query){.exclude = pattern, .max_depth = 3, .from_ns = 9});
    show(r);
    reader_free(r);
    return 0;
}
