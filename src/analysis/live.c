/* Takes the events in. A sample only adds to an entry, one per thread and stack; what becomes of
 * entries is live_time.c's. */
#include "analysis/live.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/label.h"
#include "analysis/live_index.h"
#include "base/alloc.h"

/* No look is this far from the last (three days): what says so is damaged, and sums must not wrap. */
static const uint64_t LIVE_PERIOD_MAX_NS = (uint64_t)1 << 48;

void *live_table_at(const struct live_table *t, uint32_t id)
{
    return id >= t->first && id - t->first < t->items.len ? vec_at(&t->items, id - t->first) : NULL;
}

void *live_table_define(struct live_table *t, uint32_t id)
{
    if (t->items.len == 0)
        t->first = id;
    void *there = live_table_at(t, id);
    if (there)
        return there;
    return id && id - t->first == t->items.len ? vec_push(&t->items) : NULL;
}

size_t live_find(const struct vec *items, uint32_t id, size_t hint)
{
    if (hint < items->len && *(const uint32_t *)vec_at(items, hint) == id)
        return hint;
    size_t low = 0, high = items->len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (*(const uint32_t *)vec_at(items, middle) < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < items->len && *(const uint32_t *)vec_at(items, low) == id ? low : SIZE_MAX;
}

_Static_assert(offsetof(struct live_thread, id) == 0, "live_find reads the id there");
_Static_assert(offsetof(struct live_process, id) == 0, "live_find reads the id there");

static struct live_thread *thread_at(const struct live *l, size_t i)
{
    return vec_at(&l->threads, i);
}

static struct live_process *process_at(const struct live *l, size_t i)
{
    return vec_at(&l->processes, i);
}

static const char *name_of(struct live *l, struct string_id id)
{
    struct live_index *x = l->index;
    const uint32_t *text = live_table_at(&x->strings, id.i);
    str_clear(&x->label);
    label_clean(&x->label, text ? intern_text(x->texts, *text, NULL) : "");
    str_add(&x->label, "");
    return intern_text(x->names, intern_id(x->names, x->label.data, x->label.len, NULL), NULL);
}

static int take_process(struct live *l, const struct process_event *e)
{
    size_t at = live_find(&l->processes, e->id.i, l->index->process);
    size_t count = l->processes.len;
    if (at == SIZE_MAX && count && process_at(l, count - 1)->id.i > e->id.i)
        return -1;
    struct live_process *p = at == SIZE_MAX ? vec_push(&l->processes) : process_at(l, at);
    p->id = e->id;
    p->pid = e->pid;
    p->python = e->python;
    p->flags = e->flags;
    p->command = name_of(l, e->command);
    return 0;
}

static int take_thread(struct live *l, const struct thread_event *e)
{
    size_t at = live_find(&l->threads, e->id.i, l->index->thread_hint);
    size_t count = l->threads.len;
    if (at == SIZE_MAX && (count >= LIVE_THREADS_MAX || !e->id.i ||
                           (count && thread_at(l, count - 1)->id.i > e->id.i)))
        return -1;
    struct live_thread *t = at == SIZE_MAX ? vec_push(&l->threads) : thread_at(l, at);
    t->id = e->id;
    t->process = e->process;
    t->tid = e->tid;
    t->name = name_of(l, e->name);
    t->wanted = query_wants_thread(&l->query, t->tid, t->name);
    return 0;
}

static int take_tick(struct live *l, const struct tick_event *e)
{
    size_t at = live_find(&l->processes, e->process.i, l->index->process);
    if (at == SIZE_MAX)
        return -1;
    struct live_process *p = process_at(l, at);
    l->index->process = (uint32_t)at;
    l->index->gil_seen = false;
    l->index->thread_hint = 0;
    p->period_ns = e->period_ns < LIVE_PERIOD_MAX_NS ? e->period_ns : LIVE_PERIOD_MAX_NS;
    p->next_looked_ns += p->period_ns;
    return 0;
}

/* The entry that this stack's time goes to. */
static struct live_entry *entry_of(struct live *l, size_t thread, uint32_t stack, bool collecting)
{
    struct live_index *x = l->index;
    struct live_thread *t = thread_at(l, thread);
    if (t->last_stack == stack && t->last_entry < x->entries.len) {
        struct live_entry *last = vec_at(&x->entries, t->last_entry);
        if (last->thread == thread && last->stack == stack && last->collecting == collecting)
            return last;
    }
    uint64_t key = (uint64_t)thread << 33 | (uint64_t)stack << 1 | collecting;
    uint32_t at;
    if (!map_find(&x->entry_of, key, &at)) {
        if (x->entries.len >= LIVE_ENTRIES_MAX)
            live_sum_up(l);
        at = (uint32_t)x->entries.len;
        map_put(&x->entry_of, key, at);
        *(struct live_entry *)vec_push(&x->entries) = (struct live_entry){
            .thread = (uint32_t)thread, .stack = stack, .collecting = collecting};
    }
    t->last_stack = stack;
    t->last_entry = at;
    return vec_at(&x->entries, at);
}

/* The thread of the last look's samples, whose time it has now been watched for. */
static struct live_thread *watched(struct live *l, struct thread_id id, uint64_t *ret_period_ns)
{
    struct live_index *x = l->index;
    size_t at = live_find(&l->threads, id.i, x->thread_hint);
    if (at == SIZE_MAX || x->process >= l->processes.len) {
        l->lost += id.i != 0;
        return NULL;
    }
    x->thread_hint = (uint32_t)at + 1;
    *ret_period_ns = process_at(l, x->process)->period_ns;
    thread_at(l, at)->next_looked_ns += *ret_period_ns;
    return thread_at(l, at);
}

static int take_sample(struct live *l, const struct sample_event *e)
{
    uint64_t period_ns;
    struct live_thread *t = watched(l, e->thread, &period_ns);
    if (!t)
        return -1;
    l->samples++;
    l->truncated += (e->state & SAMPLE_TRUNCATED) != 0;
    bool held = e->state & SAMPLE_GIL_HELD;
    if (held && !l->index->gil_seen) {
        l->index->gil_seen = true;
        l->next_gil_ns += period_ns;
    }
    if (!t->wanted)
        return 0;
    bool collecting = l->query.gc && (e->state & SAMPLE_GC);
    size_t thread = (size_t)(t - (struct live_thread *)l->threads.data);
    struct live_entry *entry = entry_of(l, thread, e->stack.i, collecting);
    entry->ns[LIVE_WALL] += period_ns;
    entry->ns[LIVE_CPU] += e->state & SAMPLE_ON_CPU ? period_ns : 0;
    entry->ns[LIVE_GIL] += held ? period_ns : 0;
    return 0;
}

static int take_reject(struct live *l, const struct reject_event *e)
{
    uint64_t period_ns;
    l->rejected++;
    watched(l, e->thread, &period_ns);
    return 0;
}

static int live_emit(struct sink *sink, const struct event *event)
{
    struct live *l = (struct live *)sink;
    struct live_index *x = l->index;
    uint32_t *string;
    struct live_function *function;
    struct live_frame *frame;
    struct live_stack *stack;
    size_t at;
    switch (event->kind) {
    case EVENT_STRING:
        if ((string = live_table_define(&x->strings, event->string.id.i)))
            *string =
                intern_id(x->texts, event->string.text.data, event->string.text.len_bytes, NULL);
        return string ? 0 : -1;
    case EVENT_FUNCTION:
        if ((function = live_table_define(&x->functions, event->function.id.i)))
            *function = (struct live_function){event->function.name, event->function.file,
                                               event->function.first_line};
        return function ? 0 : -1;
    case EVENT_FRAME:
        if ((frame = live_table_define(&x->frames, event->frame.id.i)))
            *frame =
                (struct live_frame){.function = event->frame.function, .line = event->frame.line};
        return frame ? 0 : -1;
    case EVENT_STACK:
        if ((stack = live_table_define(&x->stacks, event->stack.id.i))) {
            /* A parent comes before its child, so that no walk up can go round in a circle. */
            uint32_t parent = event->stack.parent.i < event->stack.id.i ? event->stack.parent.i : 0;
            const struct live_stack *under = live_table_at(&x->stacks, parent);
            stack->parent = under ? parent : 0;
            stack->frame = event->stack.frame.i;
            stack->depth = under ? under->depth + 1 : 1;
        }
        return stack ? 0 : -1;
    case EVENT_PROCESS:
        return take_process(l, &event->process);
    case EVENT_PROCESS_END:
        if ((at = live_find(&l->processes, event->process_end.process.i, x->process)) != SIZE_MAX)
            process_at(l, at)->ended = true;
        return at != SIZE_MAX ? 0 : -1;
    case EVENT_THREAD:
        return take_thread(l, &event->thread);
    case EVENT_THREAD_END:
        at = live_find(&l->threads, event->thread_end.thread.i, x->thread_hint);
        if (at != SIZE_MAX)
            thread_at(l, at)->ended = true;
        return at != SIZE_MAX ? 0 : -1;
    case EVENT_TICK:
        return take_tick(l, &event->tick);
    case EVENT_SAMPLE:
        return take_sample(l, &event->sample);
    case EVENT_REJECT:
        return take_reject(l, &event->reject);
    case EVENT_NOTE:
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
    case EVENT_ANCESTOR:
        return 0;
    }
    return -1;
}

struct live *live_new(const struct query *query)
{
    struct live *l = alloc_zeroed(1, sizeof(*l));
    struct live_index *x = l->index = alloc_zeroed(1, sizeof(*x));
    *l = (struct live){.sink.emit = live_emit, .query = *query, .index = x};
    vec_init(&l->rows, sizeof(struct live_row));
    vec_init(&l->cells, sizeof(struct live_cell));
    vec_init(&l->threads, sizeof(struct live_thread));
    vec_init(&l->processes, sizeof(struct live_process));
    vec_init(&x->strings.items, sizeof(uint32_t));
    vec_init(&x->functions.items, sizeof(struct live_function));
    vec_init(&x->frames.items, sizeof(struct live_frame));
    vec_init(&x->stacks.items, sizeof(struct live_stack));
    vec_init(&x->entries, sizeof(struct live_entry));
    vec_init(&x->path.steps, sizeof(struct live_step));
    vec_init(&x->path.rows, sizeof(uint32_t));
    vec_init(&x->path.marks, sizeof(uint32_t));
    x->texts = intern_new();
    x->names = intern_new();
    filename_init(&x->filename);
    x->process = UINT32_MAX; /* no look yet */
    live_rows_begin(l);
    return l;
}

void live_free(struct live *l)
{
    if (!l)
        return;
    struct live_index *x = l->index;
    vec_release(&l->rows);
    vec_release(&l->cells);
    vec_release(&l->threads);
    vec_release(&l->processes);
    vec_release(&x->strings.items);
    vec_release(&x->functions.items);
    vec_release(&x->frames.items);
    vec_release(&x->stacks.items);
    vec_release(&x->entries);
    vec_release(&x->path.steps);
    vec_release(&x->path.rows);
    vec_release(&x->path.marks);
    map_release(&x->cells);
    map_release(&x->entry_of);
    intern_free(x->texts);
    intern_free(x->names);
    intern_free(x->shown);
    intern_free(x->keys);
    filename_release(&x->filename);
    str_release(&x->key);
    str_release(&x->label);
    free(x);
    free(l);
}
