/* Keeps the account of time: gives what was sampled to rows, ends one "now" and begins the next, says
 * what 100 % is. Which rows a stack stands for is live_path.c's, how they are kept is live_rows.c's. */
#include <stdlib.h>
#include <string.h>

#include "analysis/live_index.h"
#include "base/alloc.h"

enum { LIVE_NAMES_SLACK = 4096 };

static struct live_thread *thread_at(const struct live *l, size_t i)
{
    return vec_at(&l->threads, i);
}

static struct live_process *process_at(const struct live *l, size_t i)
{
    return vec_at(&l->processes, i);
}

static void add_time(struct live_cell *cell, const uint64_t *ns, bool own)
{
    for (int c = 0; c < LIVE_CLASSES; c++) {
        cell->next[c].total_ns += ns[c];
        cell->next[c].own_ns += own ? ns[c] : 0;
    }
}

/* Gives the time of every entry to the rows that stand on its stack. */
void live_sum_up(struct live *l)
{
    struct live_index *x = l->index;
    for (size_t i = 0; i < x->entries.len; i++) {
        const struct live_entry *entry = vec_at(&x->entries, i);
        struct live_thread *t = thread_at(l, entry->thread);
        struct live_stack *stack = live_table_at(&x->stacks, entry->stack);
        if (!live_path_walk(l, entry->stack, entry->collecting))
            continue;
        for (int c = 0; c < LIVE_CLASSES; c++) {
            t->next_kept_ns[c] += entry->ns[c];
            if (stack)
                stack->since_ns[c] += entry->ns[c];
        }
        for (size_t j = 0; j < x->path.rows.len; j++) {
            uint32_t row = *(uint32_t *)vec_at(&x->path.rows, j);
            bool own = j < 2; /* the innermost place, as a function and as a line */
            add_time(live_cell_of(l, 0, row), entry->ns, own);
            add_time(live_cell_of(l, t->id.i, row), entry->ns, own);
        }
    }
    vec_clear(&x->entries);
    map_clear(&x->entry_of);
}

static void turn_thread(struct live_thread *t)
{
    t->now_looked_ns = t->next_looked_ns;
    t->since_looked_ns += t->next_looked_ns;
    t->next_looked_ns = 0;
    for (int c = 0; c < LIVE_CLASSES; c++) {
        t->now_kept_ns[c] = t->next_kept_ns[c];
        t->since_kept_ns[c] += t->next_kept_ns[c];
        t->next_kept_ns[c] = 0;
    }
}

static void turn_cell(struct live_cell *cell)
{
    for (int c = 0; c < LIVE_CLASSES; c++) {
        cell->now[c] = cell->next[c];
        cell->since[c].own_ns += cell->next[c].own_ns;
        cell->since[c].total_ns += cell->next[c].total_ns;
        cell->next[c] = (struct live_time){0};
    }
}

/* Threads and processes that ended before the time that is called "now". */
static void forget_ended(struct live *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->threads.len; i++) {
        struct live_thread *t = thread_at(l, i);
        if (!t->ended || t->now_looked_ns) {
            *thread_at(l, kept++) = *t;
            continue;
        }
        for (int c = 0; c < LIVE_CLASSES; c++)
            l->ended_ns[c] += t->since_kept_ns[c] ? t->since_looked_ns : 0;
        l->index->dead_threads++;
    }
    l->threads.len = kept;
    kept = 0;
    for (size_t i = 0; i < l->processes.len; i++) {
        const struct live_process *p = process_at(l, i);
        if (p->ended && !p->now_looked_ns)
            l->index->ended_looked_ns += p->since_looked_ns;
        else
            *process_at(l, kept++) = *p;
    }
    l->processes.len = kept;
    l->index->process = UINT32_MAX;
}

static const char *rename_into(struct intern *names, const char *name)
{
    return intern_text(names, intern_id(names, name, strlen(name), NULL), NULL);
}

/* Names of threads that are long gone would pile up. */
static void trim_names(struct live *l)
{
    struct live_index *x = l->index;
    if (intern_count(x->names) < LIVE_NAMES_SLACK + 2 * (l->threads.len + l->processes.len))
        return;
    struct intern *names = intern_new();
    for (size_t i = 0; i < l->threads.len; i++)
        thread_at(l, i)->name = rename_into(names, thread_at(l, i)->name);
    for (size_t i = 0; i < l->processes.len; i++)
        process_at(l, i)->command = rename_into(names, process_at(l, i)->command);
    intern_free(x->names);
    x->names = names;
}

/* What 100 % is of rows of all threads together. */
static void find_bases(struct live *l)
{
    struct live_index *x = l->index;
    memset(x->base_ns, 0, sizeof(x->base_ns));
    memset(x->active, 0, sizeof(x->active));
    for (int c = 0; c < LIVE_CLASSES; c++) {
        x->base_ns[LIVE_SINCE][c] = l->ended_ns[c];
        for (size_t i = 0; i < l->threads.len; i++) {
            const struct live_thread *t = thread_at(l, i);
            x->base_ns[LIVE_NOW][c] += t->now_kept_ns[c] ? t->now_looked_ns : 0;
            x->base_ns[LIVE_SINCE][c] += t->since_kept_ns[c] ? t->since_looked_ns : 0;
            x->active[LIVE_NOW][c] += t->now_kept_ns[c] != 0;
            x->active[LIVE_SINCE][c] += t->since_kept_ns[c] != 0;
        }
    }
}

void live_turn(struct live *l)
{
    live_sum_up(l);
    for (size_t i = 0; i < l->threads.len; i++)
        turn_thread(thread_at(l, i));
    for (size_t i = 0; i < l->processes.len; i++) {
        struct live_process *p = process_at(l, i);
        p->now_looked_ns = p->next_looked_ns;
        p->since_looked_ns += p->next_looked_ns;
        p->next_looked_ns = 0;
    }
    for (size_t i = 0; i < l->cells.len; i++)
        turn_cell(vec_at(&l->cells, i));
    l->now_gil_ns = l->next_gil_ns;
    l->since_gil_ns += l->next_gil_ns;
    l->next_gil_ns = 0;
    forget_ended(l);
    trim_names(l);
    live_rows_trim(l);
    find_bases(l);
}

void live_reset(struct live *l)
{
    struct live_index *x = l->index;
    live_sum_up(l);
    for (size_t i = 0; i < l->cells.len; i++) {
        struct live_cell *cell = vec_at(&l->cells, i);
        memset(cell->next, 0, sizeof(cell->next));
        memset(cell->since, 0, sizeof(cell->since));
    }
    for (size_t i = 0; i < l->threads.len; i++) {
        struct live_thread *t = thread_at(l, i);
        t->next_looked_ns = t->since_looked_ns = 0;
        memset(t->next_kept_ns, 0, sizeof(t->next_kept_ns));
        memset(t->since_kept_ns, 0, sizeof(t->since_kept_ns));
    }
    for (size_t i = 0; i < l->processes.len; i++)
        process_at(l, i)->next_looked_ns = process_at(l, i)->since_looked_ns = 0;
    for (size_t i = 0; i < x->stacks.items.len; i++) {
        struct live_stack *stack = vec_at(&x->stacks.items, i);
        memset(stack->since_ns, 0, sizeof(stack->since_ns));
    }
    memset(l->ended_ns, 0, sizeof(l->ended_ns));
    x->ended_looked_ns = 0;
    l->next_gil_ns = l->since_gil_ns = 0;
    find_bases(l);
}

void live_forget(struct live *l)
{
    struct live_index *x = l->index;
    live_sum_up(l);
    vec_clear(&x->strings.items);
    vec_clear(&x->functions.items);
    vec_clear(&x->frames.items);
    vec_clear(&x->stacks.items);
    intern_free(x->texts);
    x->texts = intern_new();
}

struct live_time live_time(const struct live_cell *cell, enum live_span span, enum live_class class)
{
    return span == LIVE_NOW ? cell->now[class] : cell->since[class];
}

uint64_t live_base(const struct live *l, const struct live_cell *cell, enum live_span span,
                   enum live_class class)
{
    if (!cell->thread)
        return l->index->base_ns[span][class];
    const struct live_thread *t = live_thread_of(l, cell->thread);
    return !t ? 0 : span == LIVE_NOW ? t->now_looked_ns : t->since_looked_ns;
}

double live_percent(uint64_t part_ns, uint64_t base_ns)
{
    return base_ns ? 100.0 * (double)part_ns / (double)base_ns : 0;
}

const struct live_thread *live_thread_of(const struct live *l, uint32_t thread)
{
    size_t at = live_find(&l->threads, thread, SIZE_MAX);
    return at == SIZE_MAX ? NULL : thread_at(l, at);
}

const struct live_process *live_process_of(const struct live *l, struct process_id id)
{
    size_t at = live_find(&l->processes, id.i, SIZE_MAX);
    return at == SIZE_MAX ? NULL : process_at(l, at);
}

double live_gil_percent(const struct live *l, enum live_span span)
{
    uint64_t looked_ns = span == LIVE_SINCE ? l->index->ended_looked_ns : 0;
    for (size_t i = 0; i < l->processes.len; i++) {
        const struct live_process *p = process_at(l, i);
        looked_ns += span == LIVE_NOW ? p->now_looked_ns : p->since_looked_ns;
    }
    return live_percent(span == LIVE_NOW ? l->now_gil_ns : l->since_gil_ns, looked_ns);
}

uint32_t live_active(const struct live *l, enum live_span span, enum live_class class)
{
    return l->index->active[span][class];
}
