/* Collapsed stacks: "frame;frame;frame count", one line each, as flame graph tools read them and
 * py-spy writes them. A stack that was seen counts at least 1, however short its time. */
#include <inttypes.h>

#include "analysis/calltree.h"
#include "base/str.h"
#include "base/vec.h"
#include "export/formats.h"

/* The frames are separated by ';', so no label may hold one. */
static void add_label(struct str *line, const char *label)
{
    size_t start = line->len;
    str_add(line, label);
    for (size_t i = start; i < line->len; i++) {
        if (line->data[i] == ';') {
            line->data[i] = ':';
        }
    }
}

static void write_line(const struct calltree *t, const struct str *line, uint32_t node,
                       struct out *o)
{
    if (t->nodes[node].self_samples) {
        uint64_t count = view_count(t->view, t->nodes[node].self_ns);
        out_bytes(o, line->data, line->len);
        out_printf(o, " %" PRIu64 "\n", count ? count : 1);
    }
}

int raw_write(const struct view *v, struct out *o, struct err *err)
{
    (void)err;
    struct calltree t;
    calltree_init(&t, v);
    struct str line = STR_EMPTY;
    struct vec ends; /* size_t: length of the line at each depth */
    vec_init(&ends, sizeof(size_t));
    *(size_t *)vec_push(&ends) = 0;
    str_add(&line, "<no frames>");
    write_line(&t, &line, 0, o);

    for (uint32_t at = calltree_next(&t, 0, 1); at; at = calltree_next(&t, at, 1)) {
        uint32_t depth = ((const struct view_node *)vec_at(&v->nodes, at))->depth;
        line.len = *(size_t *)vec_at(&ends, depth - 1);
        if (depth > 1) {
            str_add(&line, ";");
        }
        add_label(&line, calltree_frame(&t, at)->label);
        vec_resize(&ends, depth);
        *(size_t *)vec_push(&ends) = line.len;
        write_line(&t, &line, at, o);
    }
    vec_release(&ends);
    str_release(&line);
    calltree_release(&t);
    return 0;
}
