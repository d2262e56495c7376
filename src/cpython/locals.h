/* The variables of a frame: names from its code object, values from its fast locals. Code that
 * keeps its variables in a dict (modules, class bodies) has none here. */
#ifndef HEATLINE_CPYTHON_LOCALS_H
#define HEATLINE_CPYTHON_LOCALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpython/layout.h"
#include "cpython/walk.h"
#include "subject/mem.h"

enum { LOCALS_MAX = 4096 /* slots looked at in one frame */ };

struct locals_variable {
    const char *name; /* valid during the call only; not NUL-ended */
    size_t name_bytes;
    bool argument;
    uint64_t value; /* address of the object */
};

/* Calls for each variable that is bound, arguments first, until it returns false. Cells are
 * followed to what they hold. */
typedef bool locals_each(void *context, const struct locals_variable *variable);
enum rd locals_read(struct mem *m, const struct layout *l, const struct walk_frame *frame,
                    locals_each *each, void *context);

#endif
