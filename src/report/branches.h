/* Drawing a tree, a row after the other: what stands before each, and a bar. */
#ifndef HEATLINE_REPORT_BRANCHES_H
#define HEATLINE_REPORT_BRANCHES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Nodes that cost less than this part of the whole are not drawn. So there cannot be more branches at once,
 * but for a tree of nothing. */
enum { BRANCHES_PART = 100 };

struct branches { /* all zero: at the root */
    struct {
        uint32_t depth;
        bool last;
    } list[BRANCHES_PART]; /* nodes on the way to the current one that have siblings */
    size_t count;
};

/* To the next row, in preorder. `lone`: it has no siblings, `last`: none that follow. */
void branches_follow(struct branches *b, uint32_t depth, bool lone, bool last);
void branches_add_prefix(struct str *s, const struct branches *b, uint32_t depth);
void branches_add_bar(struct str *s, uint64_t part, uint64_t whole);

#endif
