/* The variables of a frame, as texts in a dump. */
#ifndef HEATLINE_DUMP_VARIABLES_H
#define HEATLINE_DUMP_VARIABLES_H

#include "base/map.h"
#include "cpython/repr.h"
#include "cpython/walk.h"
#include "dump/dump.h"

/* `written`: values that have been written before, by address, and where in d->locals; they are
 * the same objects as long as the memory stays the same. NULL: it may change. */
void variables_read(struct dump *d, struct mem *mem, struct repr *repr, struct map *written,
                    const struct walk_frame *place);

#endif
