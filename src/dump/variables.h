/* The variables of a frame, as texts in a dump. */
#ifndef HEATLINE_DUMP_VARIABLES_H
#define HEATLINE_DUMP_VARIABLES_H

#include "cpython/repr.h"
#include "cpython/walk.h"
#include "dump/dump.h"

void variables_read(struct dump *d, struct mem *mem, struct repr *repr,
                    const struct walk_frame *place);

#endif
