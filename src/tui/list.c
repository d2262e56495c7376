/* Chooses and sorts. What a row looks like is draw.c's. */
#include "tui/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_EDGES_MAX = 8 };

void list_init(struct list *list)
{
    vec_init(&list->items, sizeof(struct list_item));
}

void list_release(struct list *list)
{
    vec_release(&list->items);
}

static bool passes(const struct top *t, const struct live_row *row,
                   const struct live_thread *thread)
{
    const char *filter = t->typing ? t->typed : t->filter;
    char tid[16] = "";
    if (!filter[0])
        return true;
    if (strcasestr(row->name, filter) || strcasestr(row->path, filter))
        return true;
    if (!thread)
        return false;
    snprintf(tid, sizeof(tid), "%u", thread->tid);
    return strcasestr(thread->name, filter) || strcmp(tid, filter) == 0;
}

static void add_cell(struct list *list, const struct top *t, const struct live *l,
                     const struct live_cell *cell)
{
    const struct live_row *row = vec_at(&l->rows, cell->row);
    struct live_time since = live_time(cell, LIVE_SINCE, t->class);
    struct live_time share = live_time(cell, t->span, t->class);
    if (row->is_line != t->lines || (cell->thread != 0) != t->threads ||
        (!since.total_ns && !share.total_ns))
        return;
    const struct live_thread *thread = cell->thread ? live_thread_of(l, cell->thread) : NULL;
    if ((cell->thread && !thread) || !passes(t, row, thread))
        return;
    uint64_t base_ns = live_base(l, cell, t->span, t->class);
    *(struct list_item *)vec_push(&list->items) = (struct list_item){
        .kind = LIST_ROW,
        .row = cell->row,
        .thread = cell->thread,
        .own_percent = live_percent(share.own_ns, base_ns),
        .percent = live_percent(share.total_ns, base_ns),
        .since = since,
        .name = thread,
    };
}

struct order {
    enum top_column sort;
    const struct live *live;
};

static double value_of(const struct list_item *item, enum top_column sort)
{
    switch (sort) {
    case TOP_OWN_SHARE:
        return item->own_percent;
    case TOP_TOTAL_SHARE:
        return item->percent;
    case TOP_OWN_TIME:
        return (double)item->since.own_ns;
    default:
        return (double)item->since.total_ns;
    }
}

static int by_value(const void *a, const void *b, void *context)
{
    const struct order *order = context;
    const struct list_item *left = a, *right = b;
    for (int i = 0; i < TOP_COLUMNS; i++) {
        enum top_column sort = (enum top_column)((order->sort + (unsigned)i) % TOP_COLUMNS);
        double x = value_of(left, sort), y = value_of(right, sort);
        if (x != y)
            return x < y ? 1 : -1;
    }
    const struct live_row *x = vec_at(&order->live->rows, left->row);
    const struct live_row *y = vec_at(&order->live->rows, right->row);
    int by_name = strcmp(x->name, y->name);
    if (by_name)
        return by_name;
    return left->row != right->row         ? left->row < right->row ? -1 : 1
           : left->thread != right->thread ? left->thread < right->thread ? -1 : 1
                                           : 0;
}

static void add_edges(struct vec *items, enum list_kind kind, const struct vec *edges,
                      uint64_t total_ns)
{
    for (size_t i = 0; i < edges->len && i < LIST_EDGES_MAX; i++) {
        const struct live_edge *edge = vec_at(edges, i);
        *(struct list_item *)vec_push(items) = (struct list_item){
            .kind = kind,
            .row = edge->row,
            .percent = live_percent(edge->ns, total_ns),
            .since.total_ns = edge->ns,
        };
    }
}

/* Under the row: who calls it, then whom it calls. */
static void expand(struct list *list, const struct top *t, struct live *l)
{
    size_t at = 0, count = list->items.len;
    for (; at < count; at++) {
        const struct list_item *item = vec_at(&list->items, at);
        if (item->row == t->expanded_row && item->thread == t->expanded_thread)
            break;
    }
    if (at == count)
        return;
    struct live_edges edges;
    struct vec items;
    live_edges_init(&edges, l, t->expanded_row, t->class);
    vec_init(&items, sizeof(struct list_item));
    for (size_t i = 0; i < count; i++) {
        *(struct list_item *)vec_push(&items) = *(struct list_item *)vec_at(&list->items, i);
        if (i != at)
            continue;
        add_edges(&items, LIST_CALLER, &edges.callers, edges.total_ns);
        add_edges(&items, LIST_CALLEE, &edges.callees, edges.total_ns);
    }
    live_edges_release(&edges);
    vec_release(&list->items);
    list->items = items;
}

void list_make(struct list *list, const struct top *t, struct live *l)
{
    struct order order = {t->sort, l};
    vec_clear(&list->items);
    for (size_t i = 0; i < l->cells.len; i++)
        add_cell(list, t, l, vec_at(&l->cells, i));
    if (list->items.len)
        qsort_r(list->items.data, list->items.len, sizeof(struct list_item), by_value, &order);
    if (t->expanded && t->expanded_generation == l->generation)
        expand(list, t, l);
}
