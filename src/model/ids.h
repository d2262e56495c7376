/* Typed ids. Each counts from 1 within one producer's stream of a recording (and within one
 * profile); 0 is "none". A producer defines an id by an event before it uses it. */
#ifndef HEATLINE_MODEL_IDS_H
#define HEATLINE_MODEL_IDS_H

#include <stdint.h>

struct string_id {
    uint32_t i;
};
struct function_id {
    uint32_t i;
};
struct frame_id {
    uint32_t i;
};
struct stack_id {
    uint32_t i;
};
struct process_id {
    uint32_t i;
};
struct thread_id {
    uint32_t i;
};

#endif
