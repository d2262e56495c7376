/* Walks the call tree once, down and up, and remembers how often each group is on the current
 * stack. It does not recurse, however deep the stacks are. */
#include "report/groups.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/intern.h"

static int hottest_first(const void *a, const void *b)
{
    const struct group *x = a, *y = b;

    if (x->own_ns != y->own_ns)
        return x->own_ns > y->own_ns ? -1 : 1;
    if (x->total_ns != y->total_ns)
        return x->total_ns > y->total_ns ? -1 : 1;
    return x->frame < y->frame ? -1 : x->frame > y->frame;
}

/* Number of each frame's group, from 1; 0 = left out. */
static uint32_t *group_frames(struct vec *groups, const struct view *v,
                              bool (*key)(const struct view_frame *frame, struct str *ret_key))
{
    uint32_t *number_of = alloc_zeroed(v->frames.len + 1, sizeof *number_of);
    struct intern *keys = intern_new();
    struct str text = STR_EMPTY;

    for (uint32_t frame = 1; frame < v->frames.len; frame++) {
        bool is_new;
        str_clear(&text);
        if (!key(vec_at(&v->frames, frame), &text))
            continue;
        uint32_t group = intern_id(keys, text.data, text.len, &is_new);
        if (is_new)
            ((struct group *)vec_push(groups))->frame = frame;
        number_of[frame] = group + 1;
    }
    str_release(&text);
    intern_free(keys);
    return number_of;
}

static void add_times(struct vec *groups, const struct calltree *tree, const uint32_t *number_of)
{
    const struct view_node *stacks = tree->view->nodes.data;
    uint32_t *active = alloc_zeroed(groups->len + 1, sizeof *active);
    uint32_t last = 0;

    for (uint32_t node = calltree_next(tree, 0, 1); node != 0;
         node = calltree_next(tree, node, 1)) {
        for (; last != stacks[node].parent; last = stacks[last].parent)
            active[number_of[stacks[last].frame]]--;
        last = node;
        uint32_t number = number_of[stacks[node].frame];
        bool outermost = active[number]++ == 0;
        if (number == 0)
            continue;
        struct group *group = vec_at(groups, number - 1);
        group->own_ns += tree->nodes[node].self_ns;
        group->total_ns += outermost ? tree->nodes[node].total_ns : 0;
    }
    free(active);
}

void groups_init(struct vec *ret_groups, const struct calltree *tree,
                 bool (*key)(const struct view_frame *frame, struct str *ret_key))
{
    vec_init(ret_groups, sizeof(struct group));
    uint32_t *number_of = group_frames(ret_groups, tree->view, key);
    add_times(ret_groups, tree, number_of);
    if (ret_groups->len > 0)
        qsort(ret_groups->data, ret_groups->len, sizeof(struct group), hottest_first);
    while (ret_groups->len > 0 &&
           ((struct group *)vec_at(ret_groups, ret_groups->len - 1))->total_ns == 0)
        vec_resize(ret_groups, ret_groups->len - 1); /* on no stack of this view */
    free(number_of);
}
