/* Knows which nodes a .cpuprofile has. Knows nothing of time or JSON. */
#include "export/cpuprofile_tree.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/str.h"
#include "export/path.h"

static uint64_t pair(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

static uint32_t add_node(struct cpuprofile_tree *t, uint32_t parent, struct cpuprofile_node node)
{
    uint32_t id = (uint32_t)t->nodes.len;
    if (parent) {
        struct cpuprofile_node *above = vec_at(&t->nodes, parent);
        node.sibling = above->child;
        above->child = id;
    }
    *(struct cpuprofile_node *)vec_push(&t->nodes) = node;
    return id;
}

static uint32_t child_node(struct cpuprofile_tree *t, uint32_t parent, uint32_t frame)
{
    uint32_t function = t->functions.by_frame[frame], id;
    if (!map_find(&t->children, pair(parent, function), &id)) {
        const struct view_frame *f = view_functions_frame(&t->functions, function);
        id = add_node(t, parent,
                      (struct cpuprofile_node){
                          .name = f->name, .path = f->path, .first_line = f->first_line});
        map_put(&t->children, pair(parent, function), id);
    }
    return id;
}

static uint32_t add_stack(struct cpuprofile_tree *t, uint32_t root, uint32_t view_node)
{
    uint32_t id;
    if (map_find(&t->by_stack, pair(root, view_node), &id)) {
        return id;
    }
    path_of(t->view, view_node, &t->path);
    id = root;
    for (size_t i = 0; i < t->path.len; i++) {
        const struct view_node *node = vec_at(&t->view->nodes, *(uint32_t *)vec_at(&t->path, i));
        id = child_node(t, id, node->frame);
    }
    map_put(&t->by_stack, pair(root, view_node), id);
    return id;
}

static void count_tick(struct cpuprofile_tree *t, uint32_t node, uint32_t line)
{
    uint32_t index;
    if (!map_find(&t->by_line, pair(node, line), &index)) {
        index = (uint32_t)t->ticks.len;
        *(struct cpuprofile_tick *)vec_push(&t->ticks) =
            (struct cpuprofile_tick){.node = node, .line = line};
        map_put(&t->by_line, pair(node, line), index);
    }
    ((struct cpuprofile_tick *)vec_at(&t->ticks, index))->count++;
}

static void add_samples(struct cpuprofile_tree *t, const struct view_thread *thread, uint32_t root)
{
    for (uint32_t i = 0; i < thread->samples; i++) {
        const struct view_sample *sample =
            vec_at(&t->view->samples, (size_t)thread->first_sample + i);
        uint32_t id = add_stack(t, root, sample->node);
        uint32_t line = sample->node ? path_frame(t->view, sample->node)->line : 0;
        ((struct cpuprofile_node *)vec_at(&t->nodes, id))->hits++;
        if (line) {
            count_tick(t, id, line);
        }
    }
}

static uint32_t add_thread(struct cpuprofile_tree *t, const struct view_thread *thread)
{
    struct str label = STR_EMPTY;
    str_printf(&label, "process %" PRIu32 ", thread %" PRIu32, thread->pid, thread->tid);
    if (thread->name[0]) {
        str_printf(&label, ": %s", thread->name);
    }
    uint32_t text = intern_id(t->labels, label.data, label.len, NULL);
    str_release(&label);
    return add_node(
        t, CPUPROFILE_ROOT,
        (struct cpuprofile_node){.name = intern_text(t->labels, text, NULL), .path = ""});
}

/* Threads get nodes of their own when there are several. */
static void add_threads(struct cpuprofile_tree *t)
{
    const struct vec *threads = &t->view->threads;
    size_t busy = 0;
    for (size_t i = 0; i < threads->len; i++) {
        busy += ((const struct view_thread *)vec_at(threads, i))->samples > 0;
    }
    for (size_t i = 0; i < threads->len; i++) {
        const struct view_thread *thread = vec_at(threads, i);
        uint32_t root = CPUPROFILE_ROOT;
        if (busy > 1 && thread->samples) {
            root = add_thread(t, thread);
        }
        *(uint32_t *)vec_push(&t->roots) = root;
        add_samples(t, thread, root);
    }
}

static int by_place(const void *left, const void *right)
{
    const struct cpuprofile_tick *a = left, *b = right;
    uint64_t a_key = pair(a->node, a->line), b_key = pair(b->node, b->line);
    return (a_key > b_key) - (a_key < b_key);
}

void cpuprofile_tree_init(struct cpuprofile_tree *t, const struct view *v)
{
    *t = (struct cpuprofile_tree){.view = v, .labels = intern_new()};
    view_functions_init(&t->functions, v);
    vec_init(&t->nodes, sizeof(struct cpuprofile_node));
    vec_init(&t->ticks, sizeof(struct cpuprofile_tick));
    vec_init(&t->roots, sizeof(uint32_t));
    vec_init(&t->path, sizeof(uint32_t));
    map_init(&t->children);
    map_init(&t->by_stack);
    map_init(&t->by_line);
    vec_push(&t->nodes);
    add_node(t, 0, (struct cpuprofile_node){.name = "(root)", .path = ""});
    add_node(t, CPUPROFILE_ROOT, (struct cpuprofile_node){.name = "(idle)", .path = ""});
    add_threads(t);
    if (t->ticks.len) {
        qsort(t->ticks.data, t->ticks.len, sizeof(struct cpuprofile_tick), by_place);
    }
}

void cpuprofile_tree_release(struct cpuprofile_tree *t)
{
    view_functions_release(&t->functions);
    vec_release(&t->nodes);
    vec_release(&t->ticks);
    vec_release(&t->roots);
    vec_release(&t->path);
    map_release(&t->children);
    map_release(&t->by_stack);
    map_release(&t->by_line);
    intern_free(t->labels);
}

uint32_t cpuprofile_tree_node(const struct cpuprofile_tree *t, size_t thread, uint32_t view_node)
{
    uint32_t id = CPUPROFILE_IDLE;
    map_find(&t->by_stack, pair(*(uint32_t *)vec_at(&t->roots, thread), view_node), &id);
    return id;
}
