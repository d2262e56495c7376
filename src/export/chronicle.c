/* Knows which track a call is on, and which arguments and result belong to it. Knows no format. */
#include "export/chronicle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/calls.h"
#include "analysis/label.h"
#include "base/alloc.h"
#include "recording/format.h"

struct place { /* of a thread */
    struct chronicle_track *thread, *current;
};

struct open_call {
    struct chronicle_track *track;
    uint64_t start_ns;
    size_t arguments_at, arguments_len; /* in calls->arguments */
    struct function_id function;
    bool told; /* that it begins */
};

struct chronicle {
    struct calls calls;
    struct tracks *numbers;
    const struct chronicle_writer *writer;
    void *context;
    struct vec tracks; /* struct chronicle_track * */
    struct vec places; /* struct place, by thread */
    struct map tasks;  /* process, task → index in tracks */
    struct vec open;   /* struct open_call, outermost first */
    struct str arguments, result;
    struct str name, group; /* scratch */
};

static char *clean_copy(const char *text)
{
    struct str clean = STR_EMPTY;
    label_clean(&clean, text);
    return clean.data ? clean.data : alloc_copy("", 0);
}

static struct chronicle_track *add_track(struct chronicle *s, struct chronicle_track track)
{
    struct chronicle_track *kept = alloc_zeroed(1, sizeof(*kept));
    *kept = track;
    kept->index = (uint32_t)s->tracks.len;
    *(struct chronicle_track **)vec_push(&s->tracks) = kept;
    s->writer->track(s->context, kept);
    return kept;
}

static char *thread_name(const struct profile *p, const struct profile_thread *thread)
{
    struct str name = STR_EMPTY;
    label_clean(&name, profile_string(p, thread->name));
    if (thread->interpreter) {
        str_printf(&name, "%s(interpreter %llu)", name.len ? " " : "",
                   (unsigned long long)thread->interpreter);
    }
    return name.data ? name.data : alloc_copy("", 0);
}

static struct place *place_of(struct chronicle *s, struct thread_id id)
{
    const struct profile *p = s->calls.profile;
    if (id.i >= s->places.len) {
        vec_resize(&s->places, id.i + 1);
    }
    struct place *place = vec_at(&s->places, id.i);
    if (place->thread) {
        return place;
    }
    const struct profile_thread *thread = vec_at(&p->threads, id.i);
    const struct profile_process *process = vec_at(&p->processes, thread->process.i);
    const char *command = profile_string(p, process->command);
    place->thread = add_track(
        s, (struct chronicle_track){
               .pid = process->pid,
               .number = tracks_thread(s->numbers, process->pid, thread->tid),
               .process = clean_copy(command[0] ? command : profile_string(p, process->executable)),
               .name = thread_name(p, thread),
           });
    place->current = place->thread;
    return place;
}

static char *task_name(const struct profile *p, const struct task_event *e)
{
    struct str name = STR_EMPTY;
    label_clean(&name, profile_string(p, e->name));
    if (!name.len) {
        str_printf(&name, "task %llu", (unsigned long long)e->task);
    }
    return name.data;
}

/* The track of a task of a thread's process. */
static struct chronicle_track *task_track(struct chronicle *s, struct thread_id id,
                                          const struct chronicle_track *thread,
                                          const struct task_event *e)
{
    const struct profile_thread *owner = vec_at(&s->calls.profile->threads, id.i);
    uint64_t key = (uint64_t)owner->process.i << 40 ^ e->task;
    uint32_t index;
    if (map_find(&s->tasks, key, &index)) {
        return *(struct chronicle_track **)vec_at(&s->tracks, index);
    }
    struct chronicle_track *track = add_track(s, (struct chronicle_track){
                                                     .pid = thread->pid,
                                                     .number = tracks_task(s->numbers),
                                                     .process = clean_copy(thread->process),
                                                     .name = task_name(s->calls.profile, e),
                                                     .task = true,
                                                 });
    map_put(&s->tasks, key, track->index);
    return track;
}

static struct chronicle_call call_of(struct chronicle *s, const struct open_call *open)
{
    struct function_name text = names_of(&s->calls.selection.names, open->function);
    return (struct chronicle_call){
        .track = open->track,
        .function = open->function.i,
        .name = text.name,
        .path = text.path,
        .line = text.first_line,
        .start_ns = open->start_ns,
    };
}

/* That they begin is told only once it is known that one of them is long enough; all around it are, too. */
static void tell_open(struct chronicle *s)
{
    for (size_t i = 0; i < s->open.len && s->writer->enter; i++) {
        struct open_call *open = vec_at(&s->open, i);
        struct chronicle_call call = call_of(s, open);
        if (!open->told)
            s->writer->enter(s->context, &call);
        open->told = true;
    }
}

static void tell_last(struct chronicle *s)
{
    struct open_call *open = vec_at(&s->open, s->open.len - 1);
    struct chronicle_call call = call_of(s, open);
    if (s->writer->enter)
        s->writer->enter(s->context, &call);
    open->told = true;
}

static void enter(void *context, const struct span *span)
{
    struct chronicle *s = context;
    struct open_call *open = vec_push(&s->open);
    *open = (struct open_call){
        .track = place_of(s, span->thread)->current,
        .start_ns = span->start_ns,
        .arguments_at = s->arguments.len,
        .function = span->function,
    };
    if (!s->calls.query.min_duration_ns)
        tell_last(s);
}

static void leave(void *context, const struct span *span)
{
    struct chronicle *s = context;
    const struct open_call *open = vec_at(&s->open, s->open.len - 1);
    struct chronicle_call call = call_of(s, open);
    call.end_ns = span->end_ns;
    if (open->arguments_len) {
        call.arguments =
            (struct text){s->arguments.data + open->arguments_at, (uint32_t)open->arguments_len};
    }
    call.result = (struct text){s->result.data, (uint32_t)s->result.len};
    call.unwound = span->end == SPAN_UNWOUND;
    if (!span->brief && s->calls.query.min_duration_ns)
        tell_open(s);
    if (!span->brief)
        s->writer->leave(s->context, &call);
    s->arguments.len = open->arguments_at;
    str_clear(&s->result);
    vec_resize(&s->open, s->open.len - 1);
}

static void take_arguments(struct chronicle *s, struct text json)
{
    if (!s->open.len) {
        return;
    }
    struct open_call *open = vec_at(&s->open, s->open.len - 1);
    s->arguments.len = open->arguments_at;
    open->arguments_len = json.len_bytes;
    str_add_bytes(&s->arguments, json.data, json.len_bytes);
}

static void take_result(struct chronicle *s, struct text json)
{
    str_clear(&s->result);
    str_add_bytes(&s->result, json.data, json.len_bytes);
}

static void take_task(struct chronicle *s, struct thread_id thread, const struct task_event *e)
{
    struct place *place = place_of(s, thread);
    place->current = e->task ? task_track(s, thread, place->thread, e) : place->thread;
}

static void take_instant(struct chronicle *s, struct thread_id thread,
                         const struct instant_event *e)
{
    str_clear(&s->name);
    label_clean(&s->name, profile_string(s->calls.profile, e->name));
    struct chronicle_instant instant = {
        .track = place_of(s, thread)->current,
        .t_ns = e->t_ns,
        .name = s->name.len ? s->name.data : "",
        .scope = e->scope == INSTANT_PROCESS  ? INSTANT_PROCESS
                 : e->scope == INSTANT_GLOBAL ? INSTANT_GLOBAL
                                              : INSTANT_THREAD,
        .json = e->json,
    };
    s->writer->instant(s->context, &instant);
}

static void take_counter(struct chronicle *s, struct thread_id thread,
                         const struct counter_event *e)
{
    str_clear(&s->name);
    label_clean(&s->name, profile_string(s->calls.profile, e->name));
    const char *name = s->name.len ? s->name.data : "?", *dot = strrchr(name, '.');
    bool grouped = dot && dot > name && dot[1];
    str_clear(&s->group);
    str_add_bytes(&s->group, name, grouped ? (size_t)(dot - name) : strlen(name));
    struct chronicle_counter counter = {
        .track = place_of(s, thread)->thread,
        .t_ns = e->t_ns,
        .name = name,
        .group = s->group.data,
        .series = grouped ? dot + 1 : "",
        .value = e->value,
    };
    s->writer->counter(s->context, &counter);
}

static void take_gap(struct chronicle *s, struct thread_id thread, const struct gap_event *e)
{
    char json[40];
    int len = snprintf(json, sizeof(json), "{\"count\":%llu}", (unsigned long long)e->count);
    struct chronicle_instant instant = {
        .track = place_of(s, thread)->current,
        .t_ns = e->t_ns,
        .name = "events are missing here",
        .json = {json, e->count ? (uint32_t)len : 0},
    };
    s->writer->instant(s->context, &instant);
}

static void take_event(void *context, struct thread_id thread, const struct event *event)
{
    struct chronicle *s = context;
    switch (event->kind) {
    case EVENT_ARGUMENTS:
        take_arguments(s, event->arguments.json);
        break;
    case EVENT_RESULT:
        take_result(s, event->result.json);
        break;
    case EVENT_TASK:
        take_task(s, thread, &event->task);
        break;
    case EVENT_INSTANT:
        take_instant(s, thread, &event->instant);
        break;
    case EVENT_COUNTER:
        take_counter(s, thread, &event->counter);
        break;
    case EVENT_GAP:
        take_gap(s, thread, &event->gap);
        break;
    default:
        break;
    }
}

static void release(struct chronicle *s)
{
    for (size_t i = 0; i < s->tracks.len; i++) {
        struct chronicle_track *track = *(struct chronicle_track **)vec_at(&s->tracks, i);
        free((char *)track->process);
        free((char *)track->name);
        free(track);
    }
    vec_release(&s->tracks);
    vec_release(&s->places);
    vec_release(&s->open);
    map_release(&s->tasks);
    str_release(&s->arguments);
    str_release(&s->result);
    str_release(&s->name);
    str_release(&s->group);
    calls_release(&s->calls);
}

bool chronicle_is_there(const struct view *v)
{
    struct err ignored;
    unsigned producers = 0;
    return v->reader && reader_producers(v->reader, &producers, &ignored) == 0 &&
           producers & 1u << HEAT_TRACER;
}

int chronicle_write(const struct view *v, struct tracks *tracks,
                    const struct chronicle_writer *writer, void *context, struct err *err)
{
    static const struct spans_visitor visitor = {enter, leave, take_event};
    struct chronicle s = {.numbers = tracks, .writer = writer, .context = context};
    calls_init(&s.calls, v->reader, &v->query);
    vec_init(&s.tracks, sizeof(struct chronicle_track *));
    vec_init(&s.places, sizeof(struct place));
    vec_init(&s.open, sizeof(struct open_call));
    map_init(&s.tasks);
    int result = calls_follow(&s.calls, &visitor, &s, err);
    release(&s);
    return result;
}
