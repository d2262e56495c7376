/* Callers and callees of one row, from the time that each stack has taken. */
#include <stdlib.h>

#include "analysis/live_index.h"

static const uint32_t NOBODY = UINT32_MAX;

static uint32_t row_at(const struct live_path *p, size_t i, bool is_line)
{
    const struct live_step *step = vec_at(&p->steps, i);
    return is_line ? step->line_row : step->function_row;
}

/* `sums`: row → index in `edges` + 1. */
static void add(struct vec *edges, struct map *sums, uint32_t row, uint64_t ns)
{
    uint32_t at;
    if (!map_find(sums, row, &at)) {
        at = (uint32_t)edges->len;
        map_put(sums, row, at);
        ((struct live_edge *)vec_push(edges))->row = row;
    }
    ((struct live_edge *)vec_at(edges, at))->ns += ns;
}

static int by_time(const void *a, const void *b)
{
    const struct live_edge *left = a, *right = b;
    if (left->ns != right->ns)
        return left->ns < right->ns ? 1 : -1;
    return left->row < right->row ? -1 : left->row > right->row;
}

void live_edges_init(struct live_edges *e, struct live *l, uint32_t row, enum live_class class)
{
    struct live_index *x = l->index;
    struct map callers, callees;
    bool is_line = ((const struct live_row *)vec_at(&l->rows, row))->is_line;
    *e = (struct live_edges){0};
    vec_init(&e->callers, sizeof(struct live_edge));
    vec_init(&e->callees, sizeof(struct live_edge));
    map_init(&callers);
    map_init(&callees);
    for (size_t i = 0; i < x->stacks.items.len; i++) {
        uint64_t ns = ((const struct live_stack *)vec_at(&x->stacks.items, i))->since_ns[class];
        if (!ns || !live_path_walk(l, x->stacks.first + (uint32_t)i, false))
            continue;
        const struct live_path *p = &x->path;
        size_t inner = SIZE_MAX, outer = 0;
        for (size_t j = 0; j < p->steps.len; j++) {
            if (row_at(p, j, is_line) != row)
                continue;
            inner = inner == SIZE_MAX ? j : inner;
            outer = j;
        }
        if (inner == SIZE_MAX)
            continue;
        /* Of recursion: who called it first, and whom its last call called. */
        e->total_ns += ns;
        add(&e->callers, &callers,
            outer + 1 < p->steps.len ? row_at(p, outer + 1, is_line) : NOBODY, ns);
        add(&e->callees, &callees, inner ? row_at(p, inner - 1, is_line) : NOBODY, ns);
    }
    if (e->total_ns) { /* else both are empty */
        qsort(e->callers.data, e->callers.len, sizeof(struct live_edge), by_time);
        qsort(e->callees.data, e->callees.len, sizeof(struct live_edge), by_time);
    }
    map_release(&callers);
    map_release(&callees);
}

void live_edges_release(struct live_edges *e)
{
    vec_release(&e->callers);
    vec_release(&e->callees);
}
