/* Builds a profile from events. Ids of a stream are translated to the profile's own by one table a
 * kind; what refers to nothing becomes "none" and is counted. Knows no files. */
#include "model/profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/unique.h"

/* Ids count from 1, so a table stays as small as its stream; a hostile id may not make it larger
 * than what the events read so far could have paid for. */
enum { PROFILE_ID_MAX = 1 << 26, PROFILE_ID_SLACK = 1 << 16, PROFILE_IDS_PER_EVENT = 64 };

/* The last look at a process. */
struct profile_tick {
    uint64_t t_ns, period_ns;
};

struct profile_index {
    struct unique unique;
    /* The stream's id → the profile's, 0 = not defined. Of uint32_t. */
    struct vec strings, functions, frames, stacks, processes, threads;
    struct vec ticks; /* of struct profile_tick, by the profile's process id */
};

static uint32_t profile_find(struct profile *p, const struct vec *table, uint32_t id)
{
    if (!id)
        return 0;
    uint32_t found = id < table->len ? *(uint32_t *)vec_at(table, id) : 0;
    p->damaged += !found;
    return found;
}

/* Where a definition goes; NULL for an id that no stream can have reached. */
static uint32_t *profile_define(struct profile *p, struct vec *table, uint32_t id)
{
    uint64_t reachable = PROFILE_ID_SLACK + PROFILE_IDS_PER_EVENT * p->events;
    if (!id || id > PROFILE_ID_MAX || id > reachable) {
        p->damaged++;
        return NULL;
    }
    if (id >= table->len)
        vec_resize(table, (size_t)id + 1);
    return vec_at(table, id);
}

static struct string_id profile_text(struct profile *p, struct text text)
{
    return (struct string_id){intern_id(p->strings, text.data, text.len_bytes, NULL)};
}

struct string_id profile_string_of(struct profile *p, struct string_id id)
{
    return (struct string_id){profile_find(p, &p->index->strings, id.i)};
}

struct function_id profile_function_of(struct profile *p, struct function_id id)
{
    return (struct function_id){profile_find(p, &p->index->functions, id.i)};
}

struct thread_id profile_thread_of(struct profile *p, struct thread_id id)
{
    return (struct thread_id){profile_find(p, &p->index->threads, id.i)};
}

void profile_time(struct profile *p, uint64_t t_ns)
{
    if (!p->start_ns || t_ns < p->start_ns)
        p->start_ns = t_ns;
    if (t_ns > p->end_ns)
        p->end_ns = t_ns;
}

static int take_string(struct profile *p, const struct string_event *e)
{
    uint32_t *slot = profile_define(p, &p->index->strings, e->id.i);
    if (!slot)
        return -1;
    *slot = profile_text(p, e->text).i;
    return 0;
}

static int take_function(struct profile *p, const struct function_event *e)
{
    uint32_t *slot = profile_define(p, &p->index->functions, e->id.i);
    if (!slot)
        return -1;
    struct profile_function function = {profile_string_of(p, e->name),
                                        profile_string_of(p, e->file), e->first_line};
    bool new;
    *slot =
        unique_function(&p->index->unique, function.name, function.file, function.first_line, &new)
            .i;
    if (new)
        *(struct profile_function *)vec_push(&p->functions) = function;
    return 0;
}

struct frame_id profile_add_frame(struct profile *p, struct function_id function, uint32_t line)
{
    bool new;
    struct frame_id id = unique_frame(&p->index->unique, function, line, &new);
    if (new)
        *(struct profile_frame *)vec_push(&p->frames) = (struct profile_frame){function, line};
    return id;
}

static int take_frame(struct profile *p, const struct frame_event *e)
{
    uint32_t *slot = profile_define(p, &p->index->frames, e->id.i);
    if (!slot)
        return -1;
    *slot = profile_add_frame(p, profile_function_of(p, e->function), e->line).i;
    return 0;
}

struct stack_id profile_add_stack(struct profile *p, struct stack_id parent, struct frame_id frame)
{
    bool new;
    struct stack_id id = unique_stack(&p->index->unique, parent, frame, &new);
    if (new) {
        uint32_t depth = ((struct profile_stack *)vec_at(&p->stacks, parent.i))->depth + 1;
        *(struct profile_stack *)vec_push(&p->stacks) =
            (struct profile_stack){parent, frame, depth};
    }
    return id;
}

struct stack_id profile_find_stack(const struct profile *p, struct stack_id parent,
                                   struct frame_id frame)
{
    return unique_find_stack(&p->index->unique, parent, frame);
}

static int take_stack(struct profile *p, const struct stack_event *e)
{
    uint32_t *slot = profile_define(p, &p->index->stacks, e->id.i);
    if (!slot)
        return -1;
    struct stack_id parent = {profile_find(p, &p->index->stacks, e->parent.i)};
    struct frame_id frame = {profile_find(p, &p->index->frames, e->frame.i)};
    *slot = profile_add_stack(p, parent, frame).i;
    return 0;
}

static int take_process(struct profile *p, const struct process_event *e)
{
    struct process_id parent = {profile_find(p, &p->index->processes, e->parent.i)};
    uint32_t *slot = profile_define(p, &p->index->processes, e->id.i);
    if (!slot)
        return -1;
    if (!*slot) {
        *slot = (uint32_t)p->processes.len;
        *(struct profile_process *)vec_push(&p->processes) =
            (struct profile_process){.exit_status = -1};
        vec_resize(&p->index->ticks, p->processes.len);
    }
    struct profile_process *process = vec_at(&p->processes, *slot);
    process->start_ns = e->t_ns;
    process->pid = e->pid;
    /* Parents come before their children, so that no walk up can go round in a circle. */
    process->parent.i = parent.i < *slot ? parent.i : 0;
    process->executable = profile_string_of(p, e->executable);
    process->command = profile_string_of(p, e->command);
    process->python = e->python;
    process->flags = e->flags;
    profile_time(p, e->t_ns);
    return 0;
}

/* The first ancestor that is recorded, too, is the parent; of those with that pid the last one before it. */
static int take_ancestor(struct profile *p, const struct ancestor_event *e)
{
    uint32_t id = profile_find(p, &p->index->processes, e->process.i);
    if (!id)
        return -1;
    struct profile_process *process = vec_at(&p->processes, id);
    for (uint32_t i = id - 1; i && !process->parent.i; i--)
        if (((struct profile_process *)vec_at(&p->processes, i))->pid == e->pid)
            process->parent.i = i;
    return 0;
}

static int take_process_end(struct profile *p, const struct process_end_event *e)
{
    uint32_t id = profile_find(p, &p->index->processes, e->process.i);
    if (!id)
        return -1;
    struct profile_process *process = vec_at(&p->processes, id);
    process->end_ns = e->t_ns;
    process->exit_status = e->exit_status;
    profile_time(p, e->t_ns);
    return 0;
}

static int take_thread(struct profile *p, const struct thread_event *e)
{
    uint32_t *slot = profile_define(p, &p->index->threads, e->id.i);
    if (!slot)
        return -1;
    if (!*slot) {
        *slot = (uint32_t)p->threads.len;
        vec_push(&p->threads);
    }
    struct profile_thread *thread = vec_at(&p->threads, *slot);
    thread->start_ns = e->t_ns;
    thread->process.i = profile_find(p, &p->index->processes, e->process.i);
    thread->tid = e->tid;
    thread->name = profile_string_of(p, e->name);
    thread->interpreter = e->interpreter;
    thread->ident = e->ident;
    profile_time(p, e->t_ns);
    return 0;
}

static int take_thread_end(struct profile *p, const struct thread_end_event *e)
{
    uint32_t id = profile_find(p, &p->index->threads, e->thread.i);
    if (!id)
        return -1;
    ((struct profile_thread *)vec_at(&p->threads, id))->end_ns = e->t_ns;
    profile_time(p, e->t_ns);
    return 0;
}

static int take_tick(struct profile *p, const struct tick_event *e)
{
    uint32_t id = profile_find(p, &p->index->processes, e->process.i);
    p->looks++;
    if (!id) {
        p->damaged += !e->process.i;
        return -1;
    }
    *(struct profile_tick *)vec_at(&p->index->ticks, id) =
        (struct profile_tick){e->t_ns, e->period_ns};
    profile_time(p, e->t_ns);
    return 0;
}

static int take_sample(struct profile *p, const struct sample_event *e)
{
    uint32_t thread = profile_find(p, &p->index->threads, e->thread.i);
    if (!thread) {
        p->damaged += !e->thread.i;
        return -1;
    }
    uint32_t process = ((struct profile_thread *)vec_at(&p->threads, thread))->process.i;
    const struct profile_tick *tick = vec_at(&p->index->ticks, process);
    struct profile_sample *sample = vec_push(&p->samples);
    sample->t_ns = tick->t_ns;
    sample->weight_ns = tick->period_ns;
    sample->thread.i = thread;
    sample->stack.i = profile_find(p, &p->index->stacks, e->stack.i);
    sample->state = e->state;
    p->truncated += (e->state & SAMPLE_TRUNCATED) != 0;
    return 0;
}

static int take_reject(struct profile *p, const struct reject_event *e)
{
    profile_find(p, &p->index->threads, e->thread.i);
    p->rejected++;
    return 0;
}

static int take_note(struct profile *p, const struct note_event *e)
{
    struct profile_note note = {profile_text(p, e->key), profile_text(p, e->value)};
    *(struct profile_note *)vec_push(&p->notes) = note;
    return 0;
}

static int profile_emit(struct sink *sink, const struct event *event)
{
    struct profile *p = (struct profile *)sink;
    p->events++;
    switch (event->kind) {
    case EVENT_STRING:
        return take_string(p, &event->string);
    case EVENT_FUNCTION:
        return take_function(p, &event->function);
    case EVENT_FRAME:
        return take_frame(p, &event->frame);
    case EVENT_STACK:
        return take_stack(p, &event->stack);
    case EVENT_PROCESS:
        return take_process(p, &event->process);
    case EVENT_PROCESS_END:
        return take_process_end(p, &event->process_end);
    case EVENT_ANCESTOR:
        return take_ancestor(p, &event->ancestor);
    case EVENT_THREAD:
        return take_thread(p, &event->thread);
    case EVENT_THREAD_END:
        return take_thread_end(p, &event->thread_end);
    case EVENT_TICK:
        return take_tick(p, &event->tick);
    case EVENT_SAMPLE:
        return take_sample(p, &event->sample);
    case EVENT_REJECT:
        return take_reject(p, &event->reject);
    case EVENT_NOTE:
        return take_note(p, &event->note);
    /* Calls are too many to be kept: analysis/spans.h reads them from the recording. */
    case EVENT_LANE:
    case EVENT_OPEN:
    case EVENT_ENTER:
    case EVENT_RESUME:
    case EVENT_LEAVE:
    case EVENT_YIELD:
    case EVENT_UNWIND:
    case EVENT_RESYNC:
    case EVENT_ARGUMENTS:
    case EVENT_RESULT:
    case EVENT_INSTANT:
    case EVENT_COUNTER:
    case EVENT_TASK:
    case EVENT_GAP:
    case EVENT_TRACK:
    case EVENT_BIN:
        return 0;
    }
    return -1;
}

/* Each table by kind; what a loop over them needs. */
enum { PROFILE_TABLES = 6 };

static struct vec *profile_table(struct profile_index *index, int i)
{
    struct vec *tables[PROFILE_TABLES] = {&index->strings, &index->functions, &index->frames,
                                          &index->stacks,  &index->processes, &index->threads};
    return tables[i];
}

static void profile_begin_stream(struct sink *sink)
{
    struct profile *p = (struct profile *)sink;
    for (int i = 0; i < PROFILE_TABLES; i++)
        vec_clear(profile_table(p->index, i));
}

struct profile *profile_new(void)
{
    struct profile *p = alloc_zeroed(1, sizeof *p);
    p->sink = (struct sink){.emit = profile_emit, .begin_stream = profile_begin_stream};
    p->strings = intern_new();
    intern_id(p->strings, "", 0, NULL); /* "none" */
    vec_init(&p->functions, sizeof(struct profile_function));
    vec_init(&p->frames, sizeof(struct profile_frame));
    vec_init(&p->stacks, sizeof(struct profile_stack));
    vec_init(&p->processes, sizeof(struct profile_process));
    vec_init(&p->threads, sizeof(struct profile_thread));
    vec_init(&p->samples, sizeof(struct profile_sample));
    vec_init(&p->notes, sizeof(struct profile_note));
    vec_push(&p->functions);
    vec_push(&p->frames);
    vec_push(&p->stacks);
    vec_push(&p->processes);
    vec_push(&p->threads);
    p->index = alloc_zeroed(1, sizeof *p->index);
    unique_init(&p->index->unique);
    for (int i = 0; i < PROFILE_TABLES; i++)
        vec_init(profile_table(p->index, i), sizeof(uint32_t));
    vec_init(&p->index->ticks, sizeof(struct profile_tick));
    vec_push(&p->index->ticks);
    return p;
}

void profile_free(struct profile *p)
{
    if (!p)
        return;
    for (int i = 0; i < PROFILE_TABLES; i++)
        vec_release(profile_table(p->index, i));
    vec_release(&p->index->ticks);
    unique_release(&p->index->unique);
    free(p->index);
    vec_release(&p->functions);
    vec_release(&p->frames);
    vec_release(&p->stacks);
    vec_release(&p->processes);
    vec_release(&p->threads);
    vec_release(&p->samples);
    vec_release(&p->notes);
    intern_free(p->strings);
    free(p);
}

const char *profile_string(const struct profile *p, struct string_id id)
{
    return intern_text(p->strings, id.i, NULL);
}

const char *profile_note_value(const struct profile *p, const char *key)
{
    for (size_t i = p->notes.len; i-- > 0;) {
        const struct profile_note *note = vec_at(&p->notes, i);
        if (!strcmp(profile_string(p, note->key), key))
            return profile_string(p, note->value);
    }
    return NULL;
}
