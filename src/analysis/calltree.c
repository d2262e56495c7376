/* Knows how weights add up along stacks. Siblings are ordered by weight, then by label, so that the
 * same profile always gives the same output. */
#include "analysis/calltree.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static void add_samples(struct calltree *t)
{
    for (size_t i = 0; i < t->view->samples.len; i++) {
        const struct view_sample *sample = vec_at(&t->view->samples, i);
        t->nodes[sample->node].self_ns += sample->weight_ns;
        t->nodes[sample->node].self_samples++;
    }
    for (size_t i = t->len; i-- > 0;) { /* children first: they come after their parents */
        struct calltree_node *node = &t->nodes[i];
        node->total_ns += node->self_ns;
        node->total_samples += node->self_samples;
        if (i > 0) {
            const struct view_node *stack = vec_at(&t->view->nodes, i);
            t->nodes[stack->parent].total_ns += node->total_ns;
            t->nodes[stack->parent].total_samples += node->total_samples;
        }
    }
}

static int by_weight(const void *left, const void *right, void *tree)
{
    const struct calltree *t = tree;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    uint64_t a_ns = t->nodes[a].total_ns, b_ns = t->nodes[b].total_ns;
    if (a_ns != b_ns) {
        return a_ns < b_ns ? -1 : 1;
    }
    const struct view_frame *a_frame = calltree_frame(t, a), *b_frame = calltree_frame(t, b);
    int order = strcmp(b_frame->label, a_frame->label);
    return order ? order : strcmp(b_frame->path, a_frame->path);
}

/* Lightest first over the whole tree: pushing each to the front of its parent's list leaves every
 * list heaviest first. */
static void link_children(struct calltree *t)
{
    uint32_t *order = alloc_zeroed(t->len, sizeof(*order));
    for (size_t i = 1; i < t->len; i++) {
        order[i - 1] = (uint32_t)i;
    }
    qsort_r(order, t->len - 1, sizeof(*order), by_weight, t);
    for (size_t i = 0; i + 1 < t->len; i++) {
        const struct view_node *stack = vec_at(&t->view->nodes, order[i]);
        t->nodes[order[i]].sibling = t->nodes[stack->parent].child;
        t->nodes[stack->parent].child = order[i];
    }
    free(order);
}

void calltree_init(struct calltree *t, const struct view *v)
{
    *t = (struct calltree){.view = v, .len = v->nodes.len};
    t->nodes = alloc_zeroed(t->len, sizeof(*t->nodes));
    add_samples(t);
    link_children(t);
}

void calltree_release(struct calltree *t)
{
    free(t->nodes);
    t->nodes = NULL;
}

uint32_t calltree_next(const struct calltree *t, uint32_t at, int into)
{
    if (into && t->nodes[at].child) {
        return t->nodes[at].child;
    }
    while (at && !t->nodes[at].sibling) {
        at = ((const struct view_node *)vec_at(&t->view->nodes, at))->parent;
    }
    return at ? t->nodes[at].sibling : 0;
}

const struct view_frame *calltree_frame(const struct calltree *t, uint32_t node)
{
    const struct view_node *stack = vec_at(&t->view->nodes, node);
    return vec_at(&t->view->frames, stack->frame);
}
