/* A complete event ("X") for each call that samples show. Callers are written before what they call,
 * also where both begin at once: readers need that to nest them. So each thread is walked twice: first
 * to learn when its calls end. */
#include "base/str.h"
#include "export/chrometrace.h"
#include "export/member.h"
#include "export/sampled.h"

struct samples {
    struct chrometrace *chrometrace;
    struct sampled sampled;
    uint32_t pid;
    uint64_t track;
    struct vec open; /* size_t, outermost first: index in `ends` */
    struct vec ends; /* uint64_t: when each call ends, in the order in which they begin */
    size_t begun;
    bool write; /* the second walk */
};

static void write_call(struct samples *s, uint32_t function, uint64_t from_ns, uint64_t to_ns)
{
    struct chrometrace *c = s->chrometrace;
    const struct view_frame *frame = view_functions_frame(&s->sampled.functions, function);
    chrometrace_event(c, "X", s->pid, s->track);
    chrometrace_time(c, "ts", from_ns - c->start_ns);
    chrometrace_time(c, "dur", to_ns - from_ns);
    member_text(&c->json, "name", frame->name);
    if (frame->path[0]) {
        member_object(&c->json, "args");
        member_text(&c->json, "filename", frame->path);
        member_uint(&c->json, "line", frame->first_line);
        json_object_end(&c->json);
    }
    json_object_end(&c->json);
}

static void begin(void *context, uint32_t function, uint64_t t_ns)
{
    struct samples *s = context;
    size_t index = s->begun++;
    if (s->write) {
        write_call(s, function, t_ns, *(uint64_t *)vec_at(&s->ends, index));
    } else {
        vec_push(&s->ends);
    }
    *(size_t *)vec_push(&s->open) = index;
}

static void end(void *context, uint64_t t_ns)
{
    struct samples *s = context;
    size_t last = s->open.len - 1;
    *(uint64_t *)vec_at(&s->ends, *(size_t *)vec_at(&s->open, last)) = t_ns;
    vec_resize(&s->open, last);
}

static void walk(struct samples *s, const struct view_thread *thread, bool write)
{
    s->write = write;
    s->begun = 0;
    sampled_walk(&s->sampled, thread);
}

static void write_names(struct samples *s, const struct view_thread *thread, bool has_calls)
{
    struct str name = STR_EMPTY;
    str_printf(&name, has_calls ? "%s (samples)" : "%s", thread->name);
    chrometrace_name(s->chrometrace, s->pid, s->track, "process_name", thread->process_name);
    chrometrace_name(s->chrometrace, s->pid, s->track, "thread_name", name.data);
    str_release(&name);
}

static void write_thread(struct samples *s, const struct view_thread *thread)
{
    struct tracks *tracks = &s->chrometrace->tracks;
    bool has_calls = s->chrometrace->calls && tracks_has(tracks, thread->pid, thread->tid);
    s->pid = thread->pid;
    s->track = tracks_thread(tracks, thread->pid, thread->tid);
    write_names(s, thread, has_calls);
    vec_clear(&s->ends);
    walk(s, thread, false);
    walk(s, thread, true);
}

void chrometrace_samples(struct chrometrace *c)
{
    struct samples s = {.chrometrace = c};
    sampled_init(&s.sampled, c->view);
    s.sampled.begin = begin;
    s.sampled.end = end;
    s.sampled.context = &s;
    vec_init(&s.open, sizeof(size_t));
    vec_init(&s.ends, sizeof(uint64_t));
    for (size_t i = 0; i < c->view->threads.len; i++) {
        const struct view_thread *thread = vec_at(&c->view->threads, i);
        if (thread->samples) {
            write_thread(&s, thread);
        }
    }
    sampled_release(&s.sampled);
    vec_release(&s.open);
    vec_release(&s.ends);
}
