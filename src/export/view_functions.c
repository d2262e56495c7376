/* Knows that name, path and first line make a function. */
#include "export/view_functions.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/intern.h"
#include "base/str.h"

void view_functions_init(struct view_functions *f, const struct view *v)
{
    *f = (struct view_functions){.view = v, .len = 1};
    f->by_frame = alloc_zeroed(v->frames.len, sizeof(*f->by_frame));
    f->frames = alloc_zeroed(v->frames.len, sizeof(*f->frames));
    struct intern *keys = intern_new();
    struct str key = STR_EMPTY;
    for (uint32_t i = 1; i < v->frames.len; i++) {
        const struct view_frame *frame = vec_at(&v->frames, i);
        str_clear(&key);
        str_printf(&key, "%d %" PRIu32 " %s\n%s", (int)frame->kind, frame->first_line, frame->name,
                   frame->path); /* no text of a view holds a newline */
        bool is_new;
        f->by_frame[i] = 1 + intern_id(keys, key.data, key.len, &is_new);
        if (is_new) {
            f->frames[f->len++] = i;
        }
    }
    str_release(&key);
    intern_free(keys);
}

void view_functions_release(struct view_functions *f)
{
    free(f->by_frame);
    free(f->frames);
}

const struct view_frame *view_functions_frame(const struct view_functions *f, uint32_t function)
{
    return vec_at(&f->view->frames, f->frames[function]);
}
