/* Heap memory that is there: running out of it ends the process at once, since a profiler that
 * limps on loses data silently, while a recording already written survives any end. */
#ifndef HEATLINE_BASE_ALLOC_H
#define HEATLINE_BASE_ALLOC_H

#include <stddef.h>

void *alloc_zeroed(size_t count, size_t item_bytes);
void *alloc_resize(void *old, size_t count, size_t item_bytes); /* the new part is not zeroed */
char *alloc_copy(const char *text, size_t len_bytes);           /* NUL is added */

/* CLEANUP(x_free) struct x *p = …: calls x_free(p) when p leaves its scope. */
#define CLEANUP(release) __attribute__((cleanup(release##_at)))

#endif
