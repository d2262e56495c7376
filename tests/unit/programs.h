/* A profile made by hand: one process, threads by tid, stacks by names. */
#ifndef HEATLINE_TESTS_UNIT_PROGRAMS_H
#define HEATLINE_TESTS_UNIT_PROGRAMS_H

#include "check.h"
#include "model/dictionary.h"
#include "model/profile.h"

struct program {
    struct profile *profile;
    struct dictionary *dictionary;
    uint32_t threads; /* defined so far */
};

static inline void program_emit(struct program *p, struct event event)
{
    p->profile->sink.emit(&p->profile->sink, &event);
}

static inline struct string_id program_text(struct program *p, const char *text)
{
    return dictionary_string(p->dictionary, text, strlen(text));
}

static inline void program_note(struct program *p, const char *key, const char *value)
{
    struct event event = {.kind = EVENT_NOTE};
    event.note.key = (struct text){key, (uint32_t)strlen(key)};
    event.note.value = (struct text){value, (uint32_t)strlen(value)};
    program_emit(p, event);
}

static inline void program_process(struct program *p, uint32_t id, uint32_t pid, uint32_t parent,
                                   const char *command)
{
    struct event event = {.kind = EVENT_PROCESS};
    event.process = (struct process_event){.id = {id},
                                           .t_ns = 1000,
                                           .pid = pid,
                                           .parent = {parent},
                                           .command = program_text(p, command)};
    program_emit(p, event);
}

/* Returns the thread's id. */
static inline uint32_t program_thread(struct program *p, uint32_t process, uint32_t tid,
                                      const char *name, uint64_t interpreter)
{
    struct event event = {.kind = EVENT_THREAD};
    event.thread = (struct thread_event){.id = {++p->threads},
                                         .process = {process},
                                         .t_ns = 1000,
                                         .tid = tid,
                                         .name = program_text(p, name),
                                         .interpreter = interpreter};
    program_emit(p, event);
    return p->threads;
}

/* "path/main.py:f:10 path/x.py:g:20", outermost first; a function's first line is 1. */
static inline struct stack_id program_stack(struct program *p, const char *frames)
{
    struct stack_id stack = {0};
    while (*frames) {
        char file[64], name[64];
        unsigned line;
        int used = 0;
        assert_int_equal(sscanf(frames, "%63[^:]:%63[^:]:%u %n", file, name, &line, &used), 3);
        struct function_id function =
            dictionary_function(p->dictionary, program_text(p, name), program_text(p, file), 1);
        stack =
            dictionary_stack(p->dictionary, stack, dictionary_frame(p->dictionary, function, line));
        frames += used;
    }
    return stack;
}

static inline void program_sample(struct program *p, uint32_t process, uint64_t t_ns,
                                  uint64_t weight_ns, uint32_t thread, struct stack_id stack,
                                  uint32_t state)
{
    struct event tick = {.kind = EVENT_TICK};
    tick.tick = (struct tick_event){{process}, t_ns, weight_ns};
    program_emit(p, tick);
    struct event sample = {.kind = EVENT_SAMPLE};
    sample.sample = (struct sample_event){{thread}, stack, state};
    program_emit(p, sample);
}

static inline struct program program_new(void)
{
    struct program p = {.profile = profile_new()};
    p.dictionary = dictionary_new(&p.profile->sink);
    program_process(&p, 1, 100, 0, "python app.py");
    return p;
}

static inline void program_free(struct program *p)
{
    dictionary_free(p->dictionary);
    profile_free(p->profile);
}

#endif
