/* https://www.speedscope.app/file-format-schema.json: one sampled profile per thread, in nanoseconds.
 * Time in which a thread was not sampled is an empty stack, so that its timeline stays true. Every
 * frame has all four keys, with null for what is not known: readers of py-spy's files count on it. */
#include <inttypes.h>

#include "analysis/timeline.h"
#include "base/str.h"
#include "export/formats.h"
#include "export/member.h"
#include "export/path.h"

static void number_or_null(struct json *j, uint32_t number)
{
    if (number) {
        json_uint(j, number);
    } else {
        json_null(j);
    }
}

static void write_frames(struct json *j, const struct view *v)
{
    json_array(j);
    for (size_t i = 1; i < v->frames.len; i++) { /* entry 0 is "none": ours count from 1 */
        const struct view_frame *frame = vec_at(&v->frames, i);
        json_object(j);
        member_text(j, "name", frame->name);
        json_key(j, "file");
        if (frame->path[0]) {
            json_text(j, frame->path);
        } else {
            json_null(j);
        }
        json_key(j, "line");
        number_or_null(j, frame->line);
        member_null(j, "col");
        json_object_end(j);
    }
    json_array_end(j);
}

static void write_samples(struct json *j, const struct view *v, const struct view_thread *thread)
{
    struct timeline timeline;
    struct timeline_span span;
    struct vec path;
    vec_init(&path, sizeof(uint32_t));
    timeline_init(&timeline, v, thread);
    json_array(j);
    for (int first = 1; timeline_next(&timeline, &span); first = 0) {
        if (span.gap && !first) {
            json_array(j);
            json_array_end(j);
        }
        path_of(v, span.sample->node, &path);
        json_array(j);
        for (size_t i = 0; i < path.len; i++) {
            const struct view_node *node = vec_at(&v->nodes, *(uint32_t *)vec_at(&path, i));
            json_uint(j, node->frame - 1);
        }
        json_array_end(j);
    }
    json_array_end(j);
    vec_release(&path);
}

/* Returns when the last sample ends. */
static uint64_t write_weights(struct json *j, const struct view *v,
                              const struct view_thread *thread)
{
    struct timeline timeline;
    struct timeline_span span;
    uint64_t last_ns = 0;
    timeline_init(&timeline, v, thread);
    json_array(j);
    for (int first = 1; timeline_next(&timeline, &span); first = 0) {
        if (span.gap && !first) {
            json_uint(j, span.from_ns - last_ns);
        }
        json_uint(j, span.to_ns - span.from_ns);
        last_ns = span.to_ns;
    }
    json_array_end(j);
    return last_ns;
}

static void write_name(struct json *j, const struct view *v, const struct view_thread *thread)
{
    struct str name = STR_EMPTY;
    if (v->query.processes) {
        str_printf(&name, "Process %" PRIu32 " ", thread->pid);
    }
    str_printf(&name, "Thread %" PRIu32 " \"%s\"", thread->tid, thread->name);
    json_text(j, name.data);
    str_release(&name);
}

static void write_thread(struct json *j, const struct view *v, const struct view_thread *thread,
                         uint64_t start_ns)
{
    struct timeline timeline;
    struct timeline_span span;
    timeline_init(&timeline, v, thread);
    timeline_next(&timeline, &span);

    json_object(j);
    member_text(j, "type", "sampled");
    json_key(j, "name");
    write_name(j, v, thread);
    member_text(j, "unit", "nanoseconds");
    member_uint(j, "startValue", span.from_ns - start_ns);
    json_key(j, "samples");
    write_samples(j, v, thread);
    json_key(j, "weights");
    uint64_t end_ns = write_weights(j, v, thread);
    member_uint(j, "endValue", end_ns - start_ns);
    json_object_end(j);
}

int speedscope_write(const struct view *v, struct out *o, struct err *err)
{
    (void)err;
    struct json j;
    json_init(&j, o);
    json_object(&j);
    member_text(&j, "$schema", "https://www.speedscope.app/file-format-schema.json");
    member_text(&j, "name", v->title);
    member_text(&j, "exporter", "heatline@" HEATLINE_VERSION);
    member_uint(&j, "activeProfileIndex", 0);
    member_object(&j, "shared");
    json_key(&j, "frames");
    write_frames(&j, v);
    json_object_end(&j);
    member_array(&j, "profiles");
    uint64_t start_ns = timeline_start_ns(v);
    for (size_t i = 0; i < v->threads.len; i++) {
        const struct view_thread *thread = vec_at(&v->threads, i);
        if (thread->samples) {
            write_thread(&j, v, thread, start_ns);
        }
    }
    json_array_end(&j);
    json_object_end(&j);
    out_text(o, "\n");
    return 0;
}
