/* A profile in memory: append-only columns, built from events, indexed by id (entry 0 is "none"). It
 * merges what several streams define alike, so each string, function, frame and stack is there once.
 * A parent stack always precedes its child, a parent process too. Invalid references in a hostile
 * recording become 0. */
#ifndef HEATLINE_MODEL_PROFILE_H
#define HEATLINE_MODEL_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/intern.h"
#include "base/vec.h"
#include "model/sink.h"

struct profile_function {
    struct string_id name, file;
    uint32_t first_line;
};
struct profile_frame {
    struct function_id function;
    uint32_t line;
};
struct profile_stack {
    struct stack_id parent;
    struct frame_id frame;
    uint32_t depth;
};
struct profile_process {
    uint64_t start_ns, end_ns; /* end_ns 0 = still there */
    uint32_t pid, python, flags;
    int64_t exit_status;
    struct process_id parent;
    struct string_id executable, command;
};
struct profile_thread {
    uint64_t start_ns, end_ns, interpreter, ident;
    struct process_id process;
    struct string_id name;
    uint32_t tid;
};
struct profile_sample {
    uint64_t t_ns, weight_ns; /* time of the look; time it stands for */
    struct thread_id thread;
    struct stack_id stack;
    uint32_t state; /* enum sample_state */
};
struct profile_note {
    struct string_id key, value;
};

struct profile {
    struct sink sink; /* emit events here */
    struct intern *strings;
    /* Of the structs above. */
    struct vec functions, frames, stacks, processes, threads, samples, notes;
    uint64_t start_ns, end_ns;    /* of what was recorded; 0 = nothing */
    uint64_t wall_ns, wall_at_ns; /* since 1970, at that time of the events' clock; 0 = not known */
    uint64_t events, rejected, truncated;
    uint64_t looks;              /* at a process, each at all its threads */
    uint64_t damaged;            /* ids that refer to nothing, or that no stream can have reached */
    bool of_calls;               /* samples are times in which a stack of calls did not change */
    struct profile_index *index; /* private */
};

/* The profile's ids for those of the stream that is being emitted; 0 for what it did not define. */
struct string_id profile_string_of(struct profile *p, struct string_id id);
struct function_id profile_function_of(struct profile *p, struct function_id id);
struct thread_id profile_thread_of(struct profile *p, struct thread_id id);

/* Frames and stacks that no event defines; ids are the profile's, the same content has the same id. */
struct frame_id profile_add_frame(struct profile *p, struct function_id function, uint32_t line);
struct stack_id profile_add_stack(struct profile *p, struct stack_id parent, struct frame_id frame);
struct stack_id profile_find_stack(const struct profile *p, struct stack_id parent,
                                   struct frame_id frame); /* 0 if there is none */
/* Something was recorded then. */
void profile_time(struct profile *p, uint64_t t_ns);

struct profile *profile_new(void);
void profile_free(struct profile *p);
const char *profile_string(const struct profile *p, struct string_id id); /* "" for none */
const char *profile_note_value(const struct profile *p, const char *key); /* NULL if absent */

#endif
