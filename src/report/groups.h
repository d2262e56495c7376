/* Frames of a call tree taken together by a key: what functions and lines cost. */
#ifndef HEATLINE_REPORT_GROUPS_H
#define HEATLINE_REPORT_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/calltree.h"
#include "base/str.h"
#include "base/vec.h"

struct group {
    uint64_t own_ns, total_ns;
    uint32_t frame; /* one of those taken together */
};

/* Hottest first: by own time, then by total time. A frame that is on a stack more than once counts
 * once in total_ns: recursion does not count double. `key` adds what tells frames apart, and
 * returns false for frames to leave out. The caller releases ret_groups (of struct group). */
void groups_init(struct vec *ret_groups, const struct calltree *tree,
                 bool (*key)(const struct view_frame *frame, struct str *ret_key));

#endif
