/* A producer's ids: interns strings, functions, frames and stacks, and emits the defining event into
 * the sink the first time each is seen. When it holds DICTIONARY_STACKS_MAX stacks it forgets all and
 * goes on with fresh ids, so that memory stays bounded whatever the target does. */
#ifndef HEATLINE_MODEL_DICTIONARY_H
#define HEATLINE_MODEL_DICTIONARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/sink.h"

enum { DICTIONARY_STACKS_MAX = 400000 };

struct dictionary;

struct dictionary *dictionary_new(struct sink *sink);
void dictionary_free(struct dictionary *d);

struct string_id dictionary_string(struct dictionary *d, const char *text, size_t len_bytes);
struct function_id dictionary_function(struct dictionary *d, struct string_id name,
                                       struct string_id file, uint32_t first_line);
struct frame_id dictionary_frame(struct dictionary *d, struct function_id function, uint32_t line);
struct stack_id dictionary_stack(struct dictionary *d, struct stack_id parent,
                                 struct frame_id frame);

/* Grows by one each time all ids were forgotten: callers that keep ids must drop theirs then. Forgetting
 * happens only inside dictionary_trim, never while a stack is being built. */
uint32_t dictionary_epoch(const struct dictionary *d);
void dictionary_trim(struct dictionary *d);

#endif
