#include "agent/track.h"

#include "agent/dictionary.h"
#include "agent/mark.h"
#include "model/codec.h"

enum { TID_FIRST = 1 << 22 }; /* no thread of Linux has one as large (PID_MAX_LIMIT) */

/* Each segment says whose it is and what is open where it begins. */
static void begin_segment(struct track *t)
{
    struct stream *s = &t->stream;
    if ((s->segment && !s->at) || stream_next(s))
        return;
    struct event event = {.kind = EVENT_LANE, .lane = {t->thread, s->last_t_ns, t->depth}};
    stream_put(s, &event);
    for (uint32_t i = 0; i < t->depth; i++) {
        event = (struct event){.kind = EVENT_OPEN, .open = {{t->open[i].function}}};
        stream_put(s, &event);
    }
}

static void put(struct track *t, const struct event *event)
{
    if ((size_t)(t->stream.end - t->stream.at) < codec_bytes_max(event))
        begin_segment(t);
    stream_put(&t->stream, event);
}

/* What is over by then. */
static void close_until(struct track *t, uint64_t t_ns)
{
    while (t->depth && t->open[t->depth - 1].end_ns <= t_ns) {
        struct event event = {.kind = EVENT_LEAVE, .leave = {t->open[t->depth - 1].end_ns}};
        put(t, &event); /* it is still open where a segment begins here */
        t->depth--;
    }
}

void track_begin(struct track *t, struct text name, uint64_t t_ns)
{
    static pid_t tids;
    pid_t tid = TID_FIRST + __atomic_fetch_add(&tids, 1, __ATOMIC_RELAXED);
    *t = (struct track){.thread = dictionary_thread((struct thread_id){0}, tid, name, 0)};
    stream_init(&t->stream, segment_new_stream(), dictionary_stream(), t_ns);
    begin_segment(t);
}

void track_span(struct track *t, struct text name, uint64_t begin_ns, uint64_t end_ns,
                struct text json)
{
    close_until(t, begin_ns);
    if (t->depth == TRACK_DEPTH_MAX)
        return;
    if (t->depth && end_ns > t->open[t->depth - 1].end_ns)
        end_ns = t->open[t->depth - 1].end_ns;
    struct function_id function = dictionary_function(name, (struct text){"", 0}, 0);
    struct event event = {.kind = EVENT_ENTER, .enter = {begin_ns, function}};
    put(t, &event);
    t->open[t->depth].end_ns = end_ns < begin_ns ? begin_ns : end_ns;
    t->open[t->depth++].function = function.i;
    event = (struct event){.kind = EVENT_ARGUMENTS, .arguments = {json}};
    if (json.len_bytes && json.len_bytes <= MARK_BYTES_MAX)
        put(t, &event);
}

void track_end(struct track *t)
{
    close_until(t, UINT64_MAX);
    segment_leave(t->stream.segment);
}
