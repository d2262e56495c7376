/* Knows how a stack hangs together. Knows no format. */
#include "export/path.h"

const struct view_frame *path_frame(const struct view *v, uint32_t node)
{
    return vec_at(&v->frames, ((const struct view_node *)vec_at(&v->nodes, node))->frame);
}

int path_is_root(const struct view_frame *frame)
{
    return frame->kind == VIEW_PROCESS || frame->kind == VIEW_THREAD;
}

void path_of(const struct view *v, uint32_t node, struct vec *path)
{
    vec_clear(path);
    while (node && !path_is_root(path_frame(v, node))) {
        *(uint32_t *)vec_push(path) = node;
        node = ((const struct view_node *)vec_at(&v->nodes, node))->parent;
    }
    uint32_t *ids = path->data;
    for (size_t i = 0, j = path->len; i + 1 < j; i++) {
        uint32_t id = ids[i];
        ids[i] = ids[--j];
        ids[j] = id;
    }
}
