/* Builds a view's stacks: a profile's stacks below their synthetic roots, filtered as the query says. */
#ifndef HEATLINE_ANALYSIS_TREE_H
#define HEATLINE_ANALYSIS_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/frames.h"
#include "base/map.h"

struct tree {
    const struct profile *profile;
    const struct query *query;
    struct frames *frames;
    struct vec *nodes;   /* struct view_node, the view's */
    struct map children; /* parent node, frame → node */
    struct map stacks;   /* root node, profile stack → node and whether an include matched */
    struct vec path;     /* scratch: stacks still to be made, innermost first */
};

void tree_init(struct tree *t, const struct profile *p, const struct query *q,
               struct frames *frames, struct vec *nodes);
void tree_release(struct tree *t);

/* The node below which a thread's stacks hang; 0 = none. `name` is the thread's, as shown. */
uint32_t tree_root(struct tree *t, const struct profile_thread *thread, const char *name);
/* The node of `stack` below `root`. False if the query does not want it. */
bool tree_stack(struct tree *t, uint32_t root, struct stack_id stack, uint32_t *ret_node);
uint32_t tree_child(struct tree *t, uint32_t parent, uint32_t frame);

#endif
