/* A stack spelled out: its frames from the outermost in, without the synthetic roots, which formats
 * with threads of their own do not need. */
#ifndef HEATLINE_EXPORT_PATH_H
#define HEATLINE_EXPORT_PATH_H

#include <stdint.h>

#include "analysis/view.h"

/* Fills `path` (of uint32_t node ids, cleared first). */
void path_of(const struct view *v, uint32_t node, struct vec *path);
const struct view_frame *path_frame(const struct view *v, uint32_t node);
/* The frame of a process or thread? */
int path_is_root(const struct view_frame *frame);

#endif
