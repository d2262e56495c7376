/* Knows how stacks share their callers and what a query leaves of them. Knows nothing of time. */
#include "analysis/tree.h"

#include "analysis/label.h"

enum {
    PROCESS_LEVELS_MAX = 64, /* a hostile recording may make processes each other's parents */
};

/* In the map of stacks: node << 1 | "an include pattern matched". */
#define MATCHED 1u

void tree_init(struct tree *t, const struct profile *p, const struct query *q,
               struct frames *frames, struct vec *nodes)
{
    *t = (struct tree){.profile = p, .query = q, .frames = frames, .nodes = nodes};
    map_init(&t->children);
    map_init(&t->stacks);
    vec_init(&t->path, sizeof(uint32_t));
    vec_push(nodes);
}

void tree_release(struct tree *t)
{
    map_release(&t->children);
    map_release(&t->stacks);
    vec_release(&t->path);
}

static uint64_t pair(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

uint32_t tree_child(struct tree *t, uint32_t parent, uint32_t frame)
{
    uint32_t id;
    if (map_find(&t->children, pair(parent, frame), &id)) {
        return id;
    }
    const struct view_node *above = vec_at(t->nodes, parent);
    struct view_node node = {.parent = parent, .frame = frame, .depth = above->depth + 1};
    id = (uint32_t)t->nodes->len;
    *(struct view_node *)vec_push(t->nodes) = node;
    map_put(&t->children, pair(parent, frame), id);
    return id;
}

static uint32_t process_node(struct tree *t, struct process_id id, int levels)
{
    if (id.i == 0 || id.i >= t->profile->processes.len || levels == 0) {
        return 0;
    }
    const struct profile_process *process = vec_at(&t->profile->processes, id.i);
    uint32_t parent = process_node(t, process->parent, levels - 1);
    const char *command = profile_string(t->profile, process->command);
    struct str label = STR_EMPTY;
    label_process(&label, process->pid,
                  command[0] ? command : profile_string(t->profile, process->executable));
    uint32_t frame = frames_synthetic(t->frames, VIEW_PROCESS, label.data);
    str_release(&label);
    return tree_child(t, parent, frame);
}

uint32_t tree_root(struct tree *t, const struct profile_thread *thread, const char *name)
{
    uint32_t root = 0;
    if (t->query->processes) {
        root = process_node(t, thread->process, PROCESS_LEVELS_MAX);
    }
    if (t->query->threads) {
        struct str label = STR_EMPTY;
        label_thread(&label, thread->tid, name);
        root = tree_child(t, root, frames_synthetic(t->frames, VIEW_THREAD, label.data));
        str_release(&label);
    }
    return root;
}

static uint32_t node_depth(const struct tree *t, uint32_t node)
{
    return ((const struct view_node *)vec_at(t->nodes, node))->depth;
}

/* `value` (as in the map of stacks) of a caller → of the stack with `frame` on top. */
static uint32_t push_frame(struct tree *t, uint32_t root, uint32_t value, struct frame_id frame)
{
    uint32_t node = value >> 1;
    if (frame.i == 0 || frame.i >= t->profile->frames.len) {
        return value;
    }
    uint32_t shown = frames_of(t->frames, frame);
    unsigned match = frames_match(t->frames, shown);
    uint32_t matched = (value & MATCHED) | (match & FRAMES_INCLUDED ? MATCHED : 0);
    uint32_t max = t->query->max_depth;
    bool fits = !max || node_depth(t, node) - node_depth(t, root) < max;
    if (fits && !(match & FRAMES_EXCLUDED)) {
        node = tree_child(t, node, shown);
    }
    return node << 1 | matched;
}

bool tree_stack(struct tree *t, uint32_t root, struct stack_id stack, uint32_t *ret_node)
{
    const struct vec *stacks = &t->profile->stacks;
    uint32_t value = root << 1;
    vec_clear(&t->path);
    /* Ends: a parent stack has a smaller id than its child. */
    for (uint32_t at = stack.i; at && at < stacks->len;) {
        if (map_find(&t->stacks, pair(root, at), &value)) {
            break;
        }
        *(uint32_t *)vec_push(&t->path) = at;
        uint32_t parent = ((const struct profile_stack *)vec_at(stacks, at))->parent.i;
        at = parent < at ? parent : 0;
    }
    for (size_t i = t->path.len; i-- > 0;) {
        uint32_t at = *(uint32_t *)vec_at(&t->path, i);
        value = push_frame(t, root, value, ((struct profile_stack *)vec_at(stacks, at))->frame);
        map_put(&t->stacks, pair(root, at), value);
    }
    *ret_node = value >> 1;
    return !(t->query->include && t->query->include[0]) || (value & MATCHED);
}
