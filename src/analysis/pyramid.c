/* Builds tracks from calls, writes them as events and reads them back. Which function a bin is about is
 * found by the vote of Boyer and Moore, weighed by time: that needs one candidate a bin. */
#include "analysis/pyramid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/spans.h"
#include "base/map.h"
#include "model/dictionary.h"
#include "recording/format.h"

/* Holds a million calls and more. */
#define WORTHWHILE_BYTES ((uint64_t)8 << 20)

/* Of an index, which may be hostile. */
enum { TRACKS_MAX = 1 << 17, BINS_MAX = 1 << 22 };

static const char segments_key[] = "indexed_segments";

struct builder {
    struct pyramid *pyramid;
    struct map tracks; /* thread → index in pyramid->tracks */
    struct thread_id thread;
    uint32_t track;  /* the index of that thread's */
    struct vec open; /* uint32_t: functions of the open calls */
    uint64_t t_ns;   /* up to when time is counted */
};

static void pyramid_init(struct pyramid *p, struct reader *r)
{
    *p = (struct pyramid){.profile = profile_new(), .start_ns = reader_header(r)->start_ns};
    vec_init(&p->tracks, sizeof(struct pyramid_track));
}

void pyramid_release(struct pyramid *p)
{
    for (size_t i = 0; i < p->tracks.len; i++)
        vec_release(&((struct pyramid_track *)vec_at(&p->tracks, i))->bins);
    vec_release(&p->tracks);
    profile_free(p->profile);
}

static void vote(struct pyramid_bin *bin, struct function_id function, uint64_t ns)
{
    if (bin->function.i == function.i) {
        bin->function_ns += ns;
    } else if (bin->function_ns >= ns) {
        bin->function_ns -= ns;
    } else {
        bin->function = function;
        bin->function_ns = ns - bin->function_ns;
    }
}

static void join(struct pyramid_bin *bin, const struct pyramid_bin *more)
{
    bin->busy_ns += more->busy_ns;
    bin->calls += more->calls;
    bin->depth = more->depth > bin->depth ? more->depth : bin->depth;
    vote(bin, more->function, more->function_ns);
}

/* Bins of half as many: `from` has `count`, of which the first is number `first`. */
static size_t join_pairs(struct pyramid_bin *to, const struct pyramid_bin *from, size_t first,
                         size_t count)
{
    size_t joined = 0;
    for (size_t i = 0; i < count; i++) {
        struct pyramid_bin bin = from[i];
        if (i && (first + i) % 2)
            join(&to[joined - 1], &bin);
        else
            to[joined++] = bin;
    }
    return joined;
}

static void halve(struct pyramid_track *t)
{
    size_t *first = &t->levels[0].first;
    vec_resize(&t->bins, join_pairs(t->bins.data, t->bins.data, *first, t->bins.len));
    *first /= 2;
    t->bin_ns *= 2;
}

/* Makes room before the first bin, for a thread that is on more than one lane. */
static void grow_left(struct pyramid_track *t, size_t first)
{
    size_t more = t->levels[0].first - first, len = t->bins.len;
    vec_resize(&t->bins, len + more);
    struct pyramid_bin *bins = t->bins.data;
    memmove(bins + more, bins, len * sizeof *bins);
    memset(bins, 0, more * sizeof *bins);
    t->levels[0].first = first;
}

/* The bin at a time since the start. */
static struct pyramid_bin *bin_at(struct pyramid_track *t, uint64_t since_ns)
{
    unsigned shift = (unsigned)__builtin_ctzll(t->bin_ns);
    for (; since_ns >> shift >= PYRAMID_BINS; shift++)
        halve(t);
    size_t i = (size_t)(since_ns >> shift);
    if (!t->bins.len)
        t->levels[0].first = i;
    if (i < t->levels[0].first)
        grow_left(t, i);
    i -= t->levels[0].first;
    if (i >= t->bins.len)
        vec_resize(&t->bins, i + 1);
    return (struct pyramid_bin *)t->bins.data + i;
}

static uint32_t find_track(struct builder *b, struct thread_id thread)
{
    struct vec *tracks = &b->pyramid->tracks;
    uint32_t index = (uint32_t)tracks->len;
    if (map_find(&b->tracks, thread.i, &index))
        return index;
    map_put(&b->tracks, thread.i, index);
    struct pyramid_track *track = vec_push(tracks);
    *track = (struct pyramid_track){.thread = thread, .bin_ns = PYRAMID_BIN_NS};
    vec_init(&track->bins, sizeof(struct pyramid_bin));
    return index;
}

static struct pyramid_track *track_of(struct builder *b, struct thread_id thread)
{
    if (b->thread.i != thread.i)
        b->track = find_track(b, thread);
    b->thread = thread;
    return (struct pyramid_track *)b->pyramid->tracks.data + b->track;
}

static uint64_t since(const struct builder *b, uint64_t t_ns)
{
    return t_ns > b->pyramid->start_ns ? t_ns - b->pyramid->start_ns : 0;
}

static void spend(struct pyramid_bin *bin, struct function_id function, size_t depth, uint64_t ns)
{
    bin->busy_ns += ns;
    bin->depth = bin->depth < depth ? (uint32_t)depth : bin->depth;
    vote(bin, function, ns);
}

/* Nothing has changed from t_ns on. Mostly that is within one bin. */
static void pass(struct builder *b, struct pyramid_track *t, uint64_t to_ns)
{
    uint64_t from_ns = since(b, b->t_ns), end_ns = since(b, to_ns);
    size_t depth = b->open.len;
    b->t_ns = to_ns;
    if (!depth || end_ns <= from_ns)
        return;
    struct function_id function = {((uint32_t *)b->open.data)[depth - 1]};
    struct pyramid_bin *last = bin_at(t, end_ns - 1);
    while ((from_ns ^ (end_ns - 1)) & ~(t->bin_ns - 1)) {
        uint64_t ns = t->bin_ns - (from_ns & (t->bin_ns - 1));
        spend(bin_at(t, from_ns), function, depth, ns);
        last = bin_at(t, end_ns - 1);
        from_ns += ns;
    }
    spend(last, function, depth, end_ns - from_ns);
}

static void on_enter(void *context, const struct span *span)
{
    struct builder *b = context;
    struct pyramid_track *t = track_of(b, span->thread);
    pass(b, t, span->start_ns);
    *(uint32_t *)vec_push(&b->open) = span->function.i;
    bin_at(t, since(b, span->start_ns))->calls += !span->began_before;
}

static void on_leave(void *context, const struct span *span)
{
    struct builder *b = context;
    pass(b, track_of(b, span->thread), span->end_ns);
    vec_resize(&b->open, b->open.len - 1);
}

static void add_levels(struct pyramid_track *t)
{
    size_t at = 0, level = 0;
    t->levels[0].count = t->bins.len;
    while (t->levels[level].count > 1) {
        size_t first = t->levels[level].first, count = t->levels[level].count;
        vec_resize(&t->bins, at + count + (count / 2 + 1));
        struct pyramid_bin *bins = t->bins.data;
        t->levels[level + 1].first = first / 2;
        t->levels[level + 1].count = join_pairs(bins + at + count, bins + at, first, count);
        at += count;
        level++;
    }
    t->level_count = level + 1;
}

/* That there ever were: an index that knows fewer is older than the last one. */
static int count_segments(struct reader *r, uint64_t *ret_segments, struct err *err)
{
    uint64_t places, segments = 0;
    if (reader_places(r, &places, err))
        return -1;
    for (uint64_t i = 0; i < places; i++) {
        struct heat_segment segment = {0};
        size_t len;
        if (reader_place(r, i, &segment, sizeof segment, &len, err))
            return -1;
        segments += segment.magic == HEAT_SEGMENT_MAGIC && segment.producer != HEAT_INDEX;
    }
    *ret_segments = segments + reader_header(r)->retaken;
    return 0;
}

bool pyramid_is_worthwhile(struct reader *r)
{
    struct err ignored;
    uint64_t segments;
    return count_segments(r, &segments, &ignored) == 0 &&
           segments * reader_header(r)->segment_bytes >= WORTHWHILE_BYTES;
}

int pyramid_build(struct pyramid *p, struct reader *r, struct err *err)
{
    static const struct spans_visitor visitor = {.enter = on_enter, .leave = on_leave};
    struct builder b = {.pyramid = p};
    struct spans spans;
    pyramid_init(p, r);
    map_init(&b.tracks);
    vec_init(&b.open, sizeof(uint32_t));
    spans_init(&spans, p->profile, NULL, &visitor, &b);
    int result = count_segments(r, &p->segments, err); /* first: what comes later makes it old */
    if (!result)
        result = reader_replay(r, &spans.sink, NULL, err);
    spans_finish(&spans);
    spans_release(&spans);
    vec_clear(&p->profile->samples);
    for (size_t i = 0; i < p->tracks.len; i++)
        add_levels(vec_at(&p->tracks, i));
    map_release(&b.tracks);
    vec_release(&b.open);
    if (result)
        pyramid_release(p);
    return result;
}

const struct pyramid_bin *pyramid_level(const struct pyramid_track *t, size_t level)
{
    size_t before = 0;
    for (size_t i = 0; i < level; i++)
        before += t->levels[i].count;
    return (const struct pyramid_bin *)t->bins.data + before;
}

struct scribe {
    const struct pyramid *pyramid;
    struct sink *sink;
    struct dictionary *dictionary;
    int result;
};

static void emit(struct scribe *s, struct event event)
{
    if (s->sink->emit(s->sink, &event))
        s->result = -1;
}

static struct string_id string_of(struct scribe *s, struct string_id id)
{
    const char *text = profile_string(s->pyramid->profile, id);
    return id.i ? dictionary_string(s->dictionary, text, strlen(text)) : (struct string_id){0};
}

static struct function_id function_of(struct scribe *s, struct function_id id)
{
    const struct profile_function *function = vec_at(&s->pyramid->profile->functions, id.i);
    if (!id.i)
        return id;
    struct string_id name = string_of(s, function->name), file = string_of(s, function->file);
    return dictionary_function(s->dictionary, name, file, function->first_line);
}

static void write_processes(struct scribe *s)
{
    const struct vec *processes = &s->pyramid->profile->processes;
    for (uint32_t i = 1; i < processes->len; i++) {
        const struct profile_process *process = vec_at(processes, i);
        struct string_id executable = string_of(s, process->executable);
        struct string_id command = string_of(s, process->command);
        emit(s, (struct event){EVENT_PROCESS, .process = {{i},
                                                          process->start_ns,
                                                          process->pid,
                                                          process->parent,
                                                          executable,
                                                          command,
                                                          process->python,
                                                          process->flags}});
        if (process->end_ns)
            emit(s, (struct event){EVENT_PROCESS_END,
                                   .process_end = {{i}, process->end_ns, process->exit_status}});
    }
}

static void write_threads(struct scribe *s)
{
    const struct vec *threads = &s->pyramid->profile->threads;
    for (uint32_t i = 1; i < threads->len; i++) {
        const struct profile_thread *thread = vec_at(threads, i);
        struct string_id name = string_of(s, thread->name);
        emit(s, (struct event){EVENT_THREAD, .thread = {{i},
                                                        thread->process,
                                                        thread->start_ns,
                                                        thread->tid,
                                                        name,
                                                        thread->interpreter,
                                                        thread->ident}});
        if (thread->end_ns)
            emit(s, (struct event){EVENT_THREAD_END, .thread_end = {{i}, thread->end_ns}});
    }
}

/* Bins without calls are not written, but how many they are. */
static void write_track(struct scribe *s, const struct pyramid_track *t)
{
    uint32_t skipped = (uint32_t)t->levels[0].first;
    const struct pyramid_bin *bins = pyramid_level(t, 0);
    emit(s, (struct event){EVENT_TRACK, .track = {t->thread, t->bin_ns}});
    for (size_t i = 0; i < t->levels[0].count; i++) {
        const struct pyramid_bin *bin = &bins[i];
        if (!bin->busy_ns && !bin->calls) {
            skipped++;
            continue;
        }
        struct function_id function = function_of(s, bin->function);
        emit(s, (struct event){EVENT_BIN, .bin = {skipped, bin->busy_ns, bin->calls, bin->depth,
                                                  function, bin->function_ns}});
        skipped = 0;
    }
}

int pyramid_write(const struct pyramid *p, struct sink *sink)
{
    char segments[24];
    struct scribe s = {.pyramid = p, .sink = sink, .dictionary = dictionary_new(sink)};
    int len = snprintf(segments, sizeof segments, "%llu", (unsigned long long)p->segments);
    emit(&s, (struct event){EVENT_NOTE, .note = {{segments_key, sizeof segments_key - 1},
                                                 {segments, (uint32_t)len}}});
    write_processes(&s);
    write_threads(&s);
    for (size_t i = 0; i < p->tracks.len; i++)
        write_track(&s, vec_at(&p->tracks, i));
    dictionary_free(s.dictionary);
    return s.result;
}

/* Reads an index: what is no track goes to the profile. */
struct loader {
    struct sink sink;
    struct pyramid *pyramid;
    size_t bins; /* so far */
};

static int load_track(struct pyramid *p, const struct track_event *e)
{
    if (p->tracks.len == TRACKS_MAX)
        return -1;
    struct pyramid_track *track = vec_push(&p->tracks);
    bool valid = e->bin_ns >= PYRAMID_BIN_NS && !(e->bin_ns & (e->bin_ns - 1));
    *track = (struct pyramid_track){.thread = profile_thread_of(p->profile, e->thread),
                                    .bin_ns = valid ? e->bin_ns : PYRAMID_BIN_NS};
    vec_init(&track->bins, sizeof(struct pyramid_bin));
    return 0;
}

static int load_bin(struct loader *l, const struct bin_event *e)
{
    struct vec *tracks = &l->pyramid->tracks;
    struct pyramid_track *track = tracks->len ? vec_at(tracks, tracks->len - 1) : NULL;
    size_t end = track ? track->levels[0].first + track->bins.len : 0;
    if (!track || e->skipped >= PYRAMID_BINS - end || l->bins + e->skipped >= BINS_MAX)
        return -1;
    if (!track->bins.len)
        track->levels[0].first = e->skipped;
    else
        vec_resize(&track->bins, track->bins.len + e->skipped);
    l->bins += e->skipped + 1;
    *(struct pyramid_bin *)vec_push(&track->bins) =
        (struct pyramid_bin){.busy_ns = e->busy_ns,
                             .calls = e->calls,
                             .depth = e->depth,
                             .function = profile_function_of(l->pyramid->profile, e->function),
                             .function_ns = e->function_ns};
    return 0;
}

static int loader_emit(struct sink *sink, const struct event *event)
{
    struct loader *l = (struct loader *)sink;
    struct pyramid *p = l->pyramid;
    if (event->kind == EVENT_TRACK)
        return load_track(p, &event->track);
    if (event->kind == EVENT_BIN)
        return load_bin(l, &event->bin);
    return p->profile->sink.emit(&p->profile->sink, event);
}

static void loader_begin_stream(struct sink *sink)
{
    struct sink *next = &((struct loader *)sink)->pyramid->profile->sink;
    next->begin_stream(next);
}

int pyramid_open(struct pyramid *p, struct reader *r, struct err *err)
{
    struct loader loader = {.sink = {.emit = loader_emit, .begin_stream = loader_begin_stream},
                            .pyramid = p};
    uint64_t segments;
    pyramid_init(p, r);
    if (count_segments(r, &segments, err) || reader_replay_index(r, &loader.sink, err)) {
        pyramid_release(p);
        return -1;
    }
    const char *note = profile_note_value(p->profile, segments_key);
    p->segments = note ? strtoull(note, NULL, 10) : 0;
    if (!note || p->segments != segments) {
        pyramid_release(p);
        return pyramid_build(p, r, err);
    }
    vec_clear(&p->profile->samples);
    for (size_t i = 0; i < p->tracks.len; i++)
        add_levels(vec_at(&p->tracks, i));
    return 0;
}
