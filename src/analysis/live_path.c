/* Walks from the innermost frame of a stack outwards and says which rows stand on it. */
#include "analysis/live_index.h"

static void add_row(struct live_path *p, uint32_t row)
{
    uint32_t *mark = vec_at(&p->marks, row);
    if (*mark == p->number)
        return;
    *mark = p->number;
    *(uint32_t *)vec_push(&p->rows) = row;
}

static void add_step(struct live_path *p, struct live_step step)
{
    *(struct live_step *)vec_push(&p->steps) = step;
    add_row(p, step.function_row);
    add_row(p, step.line_row);
}

bool live_path_walk(struct live *l, uint32_t stack, bool collecting)
{
    struct live_index *x = l->index;
    const struct query *q = &l->query;
    bool included = !q->include || !q->include[0];
    x->path.number++;
    vec_clear(&x->path.steps);
    vec_clear(&x->path.rows);
    if (collecting) {
        if (!x->gc.function_row)
            x->gc = live_rows_synthetic(l, "<GC>");
        add_step(&x->path, x->gc);
    }
    const struct live_stack *s = live_table_at(&x->stacks, stack);
    for (; s; s = live_table_at(&x->stacks, s->parent)) {
        struct live_frame *frame = live_table_at(&x->frames, s->frame);
        if (!frame)
            continue;
        live_rows_of(l, frame);
        included |= frame->match & LIVE_INCLUDED;
        if (!(frame->match & LIVE_EXCLUDED) && (!q->max_depth || s->depth <= q->max_depth))
            add_step(&x->path, (struct live_step){frame->function_row, frame->line_row});
    }
    return included;
}
