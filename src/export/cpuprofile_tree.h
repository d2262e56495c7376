/* The tree of functions in a .cpuprofile: lines are counted within a node instead of making nodes. */
#ifndef HEATLINE_EXPORT_CPUPROFILE_TREE_H
#define HEATLINE_EXPORT_CPUPROFILE_TREE_H

#include <stdint.h>

#include "analysis/view.h"
#include "base/intern.h"
#include "base/map.h"
#include "export/view_functions.h"

enum { CPUPROFILE_ROOT = 1, CPUPROFILE_IDLE = 2 };

struct cpuprofile_node {
    const char *name, *path;
    uint32_t first_line;
    uint32_t hits;           /* samples that end here */
    uint32_t child, sibling; /* 0 = none */
};

struct cpuprofile_tick {
    uint32_t node, line, count;
};

struct cpuprofile_tree {
    const struct view *view;
    struct view_functions functions;
    struct vec nodes;      /* by id; entry 0 is unused */
    struct vec ticks;      /* ordered by node, then line */
    struct map children;   /* parent, function → node */
    struct map by_stack;   /* thread's node, view node → node */
    struct map by_line;    /* node, line → index in ticks */
    struct vec roots;      /* uint32_t: by index in view->threads */
    struct intern *labels; /* of threads */
    struct vec path;       /* scratch */
};

void cpuprofile_tree_init(struct cpuprofile_tree *t, const struct view *v);
void cpuprofile_tree_release(struct cpuprofile_tree *t);
/* The node of a sample of that thread (index in view->threads) at that view node. */
uint32_t cpuprofile_tree_node(const struct cpuprofile_tree *t, size_t thread, uint32_t view_node);

#endif
