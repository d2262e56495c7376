/* What Python's repr() would say of a remote object, read by its bytes: nothing runs in the target.
 *
 * Builtin types and what datetime, collections and numpy's scalars are print as in Python. Instances of other
 * classes show their attributes, <Point x=1 y=2>, dataclasses as Point(x=1, y=2); instances of
 * subclasses of builtin types as Class(value). What keeps its state out of sight of Python is
 * <type at 0x…>. What cannot be read is <unreadable>. Everything hostile is bounded: length, depth,
 * circles, and how much is read in all. */
#ifndef HEATLINE_CPYTHON_REPR_H
#define HEATLINE_CPYTHON_REPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"
#include "cpython/layout.h"
#include "subject/mem.h"

enum {
    REPR_DEPTH_MAX = 24,      /* containers in containers */
    REPR_OBJECTS_MAX = 4096,  /* looked at for one value */
    REPR_ENTRIES_MAX = 65536, /* slots of hash tables looked at for one value, empty ones too */
    REPR_TYPE_NAME_MAX = 80,
};

struct repr {
    struct mem *mem;
    const struct layout *layout;
    struct vec types; /* private: struct repr_type */
    struct map types_by_address;
    /* Of the value that is being written: */
    struct str *text;
    size_t left; /* characters */
    bool cut;    /* something was left out */
    unsigned objects_left, entries_left, depth;
    uint64_t path[REPR_DEPTH_MAX]; /* the containers that it is in */
};

void repr_init(struct repr *r, struct mem *m, const struct layout *l);
void repr_release(struct repr *r);
/* The memory may have changed: types are read anew. */
void repr_forget(struct repr *r);
/* Appends to `ret_text`, about `chars_max` characters at most: what does not fit is "...". True if
 * something was left out. */
bool repr_object(struct repr *r, uint64_t object, size_t chars_max, struct str *ret_text);

#endif
