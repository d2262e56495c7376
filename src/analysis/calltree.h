/* A view's stacks as a tree of calls: the time and samples of each node, alone and with what it called. */
#ifndef HEATLINE_ANALYSIS_CALLTREE_H
#define HEATLINE_ANALYSIS_CALLTREE_H

#include <stdint.h>

#include "analysis/view.h"

struct calltree_node {
    uint64_t self_ns, total_ns;
    uint64_t self_samples, total_samples;
    uint32_t child, sibling; /* the heaviest child, the next lighter sibling; 0 = none */
};

/* By the view's nodes; entry 0 is the root of all: its self is samples without any frame. */
struct calltree {
    const struct view *view;
    struct calltree_node *nodes;
    size_t len;
};

void calltree_init(struct calltree *t, const struct view *v);
void calltree_release(struct calltree *t);

/* The node after `at` in preorder, not leaving the tree; 0 when all were seen. `into` says whether
 * the children of `at` are wanted. */
uint32_t calltree_next(const struct calltree *t, uint32_t at, int into);

const struct view_frame *calltree_frame(const struct calltree *t, uint32_t node);

#endif
