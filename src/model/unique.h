/* Content → id for functions, frames and stacks: the same content always gets the same id. Shared by
 * the dictionary (a producer's ids) and the profile (ids merged over streams). */
#ifndef HEATLINE_MODEL_UNIQUE_H
#define HEATLINE_MODEL_UNIQUE_H

#include <stdbool.h>

#include "base/map.h"
#include "model/ids.h"

struct unique {
    struct map files;     /* name, file → a number for the pair */
    struct map functions; /* that number, first line → function */
    struct map frames;    /* function, line → frame */
    struct map stacks;    /* parent, frame → stack */
    uint32_t file_count, function_count, frame_count, stack_count; /* = the last id given out */
};

void unique_init(struct unique *u);
void unique_release(struct unique *u);
void unique_forget(struct unique *u); /* contents get fresh ids, counting goes on */

struct function_id unique_function(struct unique *u, struct string_id name, struct string_id file,
                                   uint32_t first_line, bool *ret_new);
struct frame_id unique_frame(struct unique *u, struct function_id function, uint32_t line,
                             bool *ret_new);
struct stack_id unique_stack(struct unique *u, struct stack_id parent, struct frame_id frame,
                             bool *ret_new);
struct stack_id unique_find_stack(const struct unique *u, struct stack_id parent,
                                  struct frame_id frame); /* 0 if there is none */

#endif
