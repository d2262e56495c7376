/* Growable arrays. Grows by half, so that a large array wastes at most a third of its memory. */
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static void vec_reserve(struct vec *v, size_t len)
{
    if (len <= v->cap)
        return;
    size_t cap = v->cap + v->cap / 2;
    if (cap < 16)
        cap = 16;
    if (cap < len)
        cap = len;
    v->data = alloc_resize(v->data, cap, v->item_bytes);
    v->cap = cap;
}

void vec_init(struct vec *v, size_t item_bytes)
{
    *v = (struct vec){.item_bytes = item_bytes};
}

void vec_release(struct vec *v)
{
    free(v->data);
    vec_init(v, v->item_bytes);
}

void *vec_push(struct vec *v)
{
    vec_resize(v, v->len + 1);
    return vec_at(v, v->len - 1);
}

void vec_resize(struct vec *v, size_t len)
{
    vec_reserve(v, len);
    if (len > v->len)
        memset((char *)v->data + v->len * v->item_bytes, 0, (len - v->len) * v->item_bytes);
    v->len = len;
}

void *vec_at(const struct vec *v, size_t i)
{
    return (char *)v->data + i * v->item_bytes;
}

void vec_clear(struct vec *v)
{
    v->len = 0;
}
