/* Chrome's trace events, as Perfetto and chrome://tracing open them: a B and an E around each call, of
 * what consecutive samples have in common. A call ends where the next sample is no longer in it, or
 * with the time its last sample stands for: idle time is a gap. */
#include <inttypes.h>
#include <stdlib.h>

#include "analysis/timeline.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/vec.h"
#include "export/formats.h"
#include "export/functions.h"
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
    struct vec open; /* uint32_t: functions whose call has begun, outermost first */
    struct vec path; /* scratch */
};

static void open_event(struct chrometrace *c, const char *phase)
{
    json_object(&c->json);
    json_key(&c->json, "ph");
    json_text(&c->json, phase);
    json_key(&c->json, "pid");
    json_uint(&c->json, c->pid);
    json_key(&c->json, "tid");
    json_uint(&c->json, c->track);
}

/* Microseconds, as the format has it, down to the nanosecond. */
static void write_time(struct chrometrace *c, uint64_t t_ns)
{
    json_key(&c->json, "ts");
    json_double(&c->json, (double)(t_ns - c->start_ns) / NS_PER_US, 3);
}

static void begin_call(struct chrometrace *c, uint32_t function, uint64_t t_ns)
{
    const struct view_frame *frame = functions_frame(&c->functions, function);
    open_event(c, "B");
    write_time(c, t_ns);
    json_key(&c->json, "cat");
    json_text(&c->json, "python");
    json_key(&c->json, "name");
    json_text(&c->json, frame->name);
    if (frame->path[0]) {
        json_key(&c->json, "args");
        json_object(&c->json);
        json_key(&c->json, "filename");
        json_text(&c->json, frame->path);
        json_key(&c->json, "line");
        json_uint(&c->json, frame->first_line);
        json_object_end(&c->json);
    }
    json_object_end(&c->json);
    *(uint32_t *)vec_push(&c->open) = function;
}

/* Ends all calls but the `keep` outermost. */
static void end_calls(struct chrometrace *c, size_t keep, uint64_t t_ns)
{
    while (c->open.len > keep) {
        open_event(c, "E");
        write_time(c, t_ns);
        json_object_end(&c->json);
        vec_resize(&c->open, c->open.len - 1);
    }
}

static void write_span(struct chrometrace *c, const struct timeline_span *span, uint64_t last_ns)
{
    size_t same = 0;
    path_of(c->view, span->sample->node, &c->path);
    for (size_t i = 0; i < c->path.len; i++) { /* nodes → functions */
        uint32_t *at = vec_at(&c->path, i);
        *at =
            c->functions.by_frame[((const struct view_node *)vec_at(&c->view->nodes, *at))->frame];
    }
    if (span->gap) {
        end_calls(c, 0, last_ns);
    }
    while (same < c->path.len && same < c->open.len &&
           *(uint32_t *)vec_at(&c->path, same) == *(uint32_t *)vec_at(&c->open, same)) {
        same++;
    }
    end_calls(c, same, span->from_ns);
    for (size_t i = same; i < c->path.len; i++) {
        begin_call(c, *(uint32_t *)vec_at(&c->path, i), span->from_ns);
    }
}

static void write_name(struct chrometrace *c, const char *what, const char *name)
{
    open_event(c, "M");
    json_key(&c->json, "name");
    json_text(&c->json, what);
    json_key(&c->json, "args");
    json_object(&c->json);
    json_key(&c->json, "name");
    json_text(&c->json, name);
    json_object_end(&c->json);
    json_object_end(&c->json);
}

static void write_thread(struct chrometrace *c, const struct view_thread *thread)
{
    struct timeline timeline;
    struct timeline_span span;
    uint64_t last_ns = 0;
    write_name(c, "process_name", thread->process_name);
    write_name(c, "thread_name", thread->name);
    timeline_init(&timeline, c->view, thread);
    while (timeline_next(&timeline, &span)) {
        write_span(c, &span, last_ns);
        last_ns = span.to_ns;
    }
    end_calls(c, 0, last_ns);
}

int chrometrace_write(const struct view *v, struct out *o, struct err *err)
{
    (void)err;
    struct chrometrace c = {.view = v, .start_ns = timeline_start_ns(v)};
    json_init(&c.json, o);
    c.json.pretty = true; /* an event a line */
    functions_init(&c.functions, v);
    c.tracks = tracks_new(v);
    vec_init(&c.open, sizeof(uint32_t));
    vec_init(&c.path, sizeof(uint32_t));

    json_object(&c.json);
    json_key(&c.json, "displayTimeUnit");
    json_text(&c.json, "ms");
    json_key(&c.json, "otherData");
    json_object(&c.json);
    json_key(&c.json, "title");
    json_text(&c.json, v->title);
    json_key(&c.json, "exporter");
    json_text(&c.json, "heatline@" HEATLINE_VERSION);
    json_object_end(&c.json);
    json_key(&c.json, "traceEvents");
    json_array(&c.json);
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
    vec_release(&c.path);
    functions_release(&c.functions);
    free(c.tracks);
    return 0;
}
