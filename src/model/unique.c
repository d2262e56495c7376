/* Exact content → id maps: every key is a pair of 32-bit numbers, so nothing depends on a hash being
 * free of collisions. */
#include "model/unique.h"

static uint32_t unique_id(struct map *map, uint32_t *count, uint32_t high, uint32_t low,
                          bool *ret_new)
{
    uint64_t key = (uint64_t)high << 32 | low;
    uint32_t id;
    *ret_new = !map_find(map, key, &id);
    if (*ret_new) {
        id = ++*count;
        map_put(map, key, id);
    }
    return id;
}

void unique_init(struct unique *u)
{
    *u = (struct unique){0};
}

void unique_release(struct unique *u)
{
    map_release(&u->files);
    map_release(&u->functions);
    map_release(&u->frames);
    map_release(&u->stacks);
}

void unique_forget(struct unique *u)
{
    map_clear(&u->files);
    map_clear(&u->functions);
    map_clear(&u->frames);
    map_clear(&u->stacks);
}

struct function_id unique_function(struct unique *u, struct string_id name, struct string_id file,
                                   uint32_t first_line, bool *ret_new)
{
    bool new_file;
    uint32_t pair = unique_id(&u->files, &u->file_count, name.i, file.i, &new_file);
    uint32_t id = unique_id(&u->functions, &u->function_count, pair, first_line, ret_new);
    return (struct function_id){id};
}

struct frame_id unique_frame(struct unique *u, struct function_id function, uint32_t line,
                             bool *ret_new)
{
    return (struct frame_id){unique_id(&u->frames, &u->frame_count, function.i, line, ret_new)};
}

struct stack_id unique_stack(struct unique *u, struct stack_id parent, struct frame_id frame,
                             bool *ret_new)
{
    return (struct stack_id){unique_id(&u->stacks, &u->stack_count, parent.i, frame.i, ret_new)};
}

struct stack_id unique_find_stack(const struct unique *u, struct stack_id parent,
                                  struct frame_id frame)
{
    uint32_t id = 0;
    map_find(&u->stacks, (uint64_t)parent.i << 32 | frame.i, &id);
    return (struct stack_id){id};
}
