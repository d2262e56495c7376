/* Chrome's trace events, as Perfetto, chrome://tracing and speedscope open them: a complete event ("X")
 * for each call, of what consecutive samples have in common. A call ends where the next sample is no
 * longer in it, or with the time its last sample stands for: idle time is a gap.
 *
 * Callers are written before what they call, also where both begin at once: readers need that to nest
 * them. So each thread is walked twice: first to learn when its calls end. */
#include <stdbool.h>
#include <stdlib.h>

#include "analysis/timeline.h"
#include "base/clock.h"
#include "base/vec.h"
#include "export/formats.h"
#include "export/functions.h"
#include "export/member.h"
#include "export/path.h"
#include "export/tracks.h"

struct chrometrace {
    const struct view *view;
    struct json json;
    struct functions functions;
    uint64_t *tracks;
    uint64_t start_ns;
    /* Of the thread being written. */
    uint32_t pid;
    uint64_t track;
    struct vec open; /* struct open_call: outermost first */
    struct vec ends; /* uint64_t: when each call ends, in the order in which they begin */
    size_t begun;
    bool write;      /* the second walk */
    struct vec path; /* scratch */
};

struct open_call {
    uint32_t function;
    size_t index; /* in ends */
};

static void open_event(struct chrometrace *c, const char *phase)
{
    json_object(&c->json);
    member_text(&c->json, "ph", phase);
    member_uint(&c->json, "pid", c->pid);
    member_uint(&c->json, "tid", c->track);
}

/* Microseconds, as the format has it, down to the nanosecond. */
static void write_time(struct chrometrace *c, const char *key, uint64_t ns)
{
    member_double(&c->json, key, (double)ns / NS_PER_US, 3);
}

static void write_call(struct chrometrace *c, uint32_t function, uint64_t from_ns, uint64_t to_ns)
{
    const struct view_frame *frame = functions_frame(&c->functions, function);
    open_event(c, "X");
    write_time(c, "ts", from_ns - c->start_ns);
    write_time(c, "dur", to_ns - from_ns);
    member_text(&c->json, "name", frame->name);
    if (frame->path[0]) {
        member_object(&c->json, "args");
        member_text(&c->json, "filename", frame->path);
        member_uint(&c->json, "line", frame->first_line);
        json_object_end(&c->json);
    }
    json_object_end(&c->json);
}

static void begin_call(struct chrometrace *c, uint32_t function, uint64_t t_ns)
{
    size_t index = c->begun++;
    if (c->write) {
        write_call(c, function, t_ns, *(uint64_t *)vec_at(&c->ends, index));
    } else {
        vec_push(&c->ends);
    }
    *(struct open_call *)vec_push(&c->open) =
        (struct open_call){.function = function, .index = index};
}

/* Ends all calls but the `keep` outermost. */
static void end_calls(struct chrometrace *c, size_t keep, uint64_t t_ns)
{
    while (c->open.len > keep) {
        const struct open_call *call = vec_at(&c->open, c->open.len - 1);
        *(uint64_t *)vec_at(&c->ends, call->index) = t_ns;
        vec_resize(&c->open, c->open.len - 1);
    }
}

static void walk_span(struct chrometrace *c, const struct timeline_span *span, uint64_t last_ns)
{
    size_t same = 0;
    path_of(c->view, span->sample->node, &c->path);
    uint32_t *functions = c->path.data;
    for (size_t i = 0; i < c->path.len; i++) { /* nodes → functions */
        const struct view_node *node = vec_at(&c->view->nodes, functions[i]);
        functions[i] = c->functions.by_frame[node->frame];
    }
    if (span->gap) {
        end_calls(c, 0, last_ns);
    }
    while (same < c->path.len && same < c->open.len &&
           functions[same] == ((struct open_call *)vec_at(&c->open, same))->function) {
        same++;
    }
    end_calls(c, same, span->from_ns);
    for (size_t i = same; i < c->path.len; i++) {
        begin_call(c, functions[i], span->from_ns);
    }
}

static void walk_thread(struct chrometrace *c, const struct view_thread *thread)
{
    struct timeline timeline;
    struct timeline_span span;
    uint64_t last_ns = 0;
    c->begun = 0;
    timeline_init(&timeline, c->view, thread);
    while (timeline_next(&timeline, &span)) {
        walk_span(c, &span, last_ns);
        last_ns = span.to_ns;
    }
    end_calls(c, 0, last_ns);
}

static void write_name(struct chrometrace *c, const char *what, const char *name)
{
    if (!name[0]) {
        return; /* Perfetto takes that for an error */
    }
    open_event(c, "M");
    member_text(&c->json, "name", what);
    member_object(&c->json, "args");
    member_text(&c->json, "name", name);
    json_object_end(&c->json);
    json_object_end(&c->json);
}

static void write_thread(struct chrometrace *c, const struct view_thread *thread)
{
    write_name(c, "process_name", thread->process_name);
    write_name(c, "thread_name", thread->name);
    vec_clear(&c->ends);
    c->write = false;
    walk_thread(c, thread);
    c->write = true;
    walk_thread(c, thread);
}

int chrometrace_write(const struct view *v, struct out *o, struct err *err)
{
    (void)err;
    struct chrometrace c = {.view = v, .start_ns = timeline_start_ns(v)};
    json_init(&c.json, o);
    c.json.pretty = true; /* an event a line */
    functions_init(&c.functions, v);
    c.tracks = tracks_new(v);
    vec_init(&c.open, sizeof(struct open_call));
    vec_init(&c.ends, sizeof(uint64_t));
    vec_init(&c.path, sizeof(uint32_t));

    json_object(&c.json);
    member_text(&c.json, "displayTimeUnit", "ms");
    member_object(&c.json, "otherData");
    member_text(&c.json, "title", v->title);
    member_text(&c.json, "exporter", "heatline@" HEATLINE_VERSION);
    json_object_end(&c.json);
    member_array(&c.json, "traceEvents");
    for (size_t i = 0; i < v->threads.len; i++) {
        const struct view_thread *thread = vec_at(&v->threads, i);
        c.pid = thread->pid;
        c.track = c.tracks[i];
        if (thread->samples) {
            write_thread(&c, thread);
        }
    }
    json_array_end(&c.json);
    json_object_end(&c.json);
    out_text(o, "\n");

    vec_release(&c.open);
    vec_release(&c.ends);
    vec_release(&c.path);
    functions_release(&c.functions);
    free(c.tracks);
    return 0;
}
