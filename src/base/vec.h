/* A growable array of items of one size. Pointers into it are valid until the next push. */
#ifndef HEATLINE_BASE_VEC_H
#define HEATLINE_BASE_VEC_H

#include <stddef.h>

struct vec {
    void *data;
    size_t len, cap; /* in items */
    size_t item_bytes;
};

void vec_init(struct vec *v, size_t item_bytes);
void vec_release(struct vec *v);
void *vec_push(struct vec *v);               /* one zeroed item at the end */
void vec_resize(struct vec *v, size_t len);  /* new items are zeroed; never gives memory back */
void *vec_at(const struct vec *v, size_t i); /* i < len */
void vec_clear(struct vec *v);               /* len = 0, memory kept */

#endif
