/* Hand-made programs for a `live`: functions, stacks and looks in a line each. */
#ifndef HEATLINE_TESTS_UNIT_LIVES_H
#define HEATLINE_TESTS_UNIT_LIVES_H

#include "analysis/live.h"
#include "base/clock.h"
#include "check.h"

enum { LIVES_PERIOD_NS = 10 * NS_PER_MS };

struct lives {
    struct live *live;
    uint32_t strings, functions, frames, stacks; /* the last ids given out */
    uint64_t now_ns;
};

static inline int lives_emit(struct lives *s, struct event event)
{
    return s->live->sink.emit(&s->live->sink, &event);
}

static inline uint32_t lives_string(struct lives *s, const char *text)
{
    struct event e = {.kind = EVENT_STRING,
                      .string = {{++s->strings}, {text, (uint32_t)strlen(text)}}};
    assert_int_equal(lives_emit(s, e), 0);
    return s->strings;
}

static inline uint32_t lives_function(struct lives *s, const char *name, const char *file,
                                      uint32_t first_line)
{
    struct event e = {.kind = EVENT_FUNCTION};
    e.function.name.i = lives_string(s, name);
    e.function.file.i = lives_string(s, file);
    e.function.first_line = first_line;
    e.function.id.i = ++s->functions;
    assert_int_equal(lives_emit(s, e), 0);
    return s->functions;
}

/* A stack: `function` at `line`, called from the stack `parent` (0 = nobody). */
static inline uint32_t lives_stack(struct lives *s, uint32_t parent, uint32_t function,
                                   uint32_t line)
{
    struct event frame = {.kind = EVENT_FRAME, .frame = {{++s->frames}, {function}, line}};
    assert_int_equal(lives_emit(s, frame), 0);
    struct event stack = {.kind = EVENT_STACK, .stack = {{++s->stacks}, {parent}, {s->frames}}};
    assert_int_equal(lives_emit(s, stack), 0);
    return s->stacks;
}

static inline void lives_process(struct lives *s, uint32_t id, uint32_t pid, const char *command)
{
    struct event e = {.kind = EVENT_PROCESS, .process = {.id = {id}, .pid = pid}};
    e.process.python = 0x030c03f0;
    e.process.command.i = lives_string(s, command);
    assert_int_equal(lives_emit(s, e), 0);
}

static inline void lives_thread(struct lives *s, uint32_t id, uint32_t process, uint32_t tid,
                                const char *name)
{
    struct event e = {.kind = EVENT_THREAD, .thread = {.id = {id}, .process = {process}}};
    e.thread.tid = tid;
    e.thread.name.i = lives_string(s, name);
    assert_int_equal(lives_emit(s, e), 0);
}

static inline void lives_tick(struct lives *s, uint32_t process)
{
    s->now_ns += LIVES_PERIOD_NS;
    struct event e = {.kind = EVENT_TICK, .tick = {{process}, s->now_ns, LIVES_PERIOD_NS}};
    assert_int_equal(lives_emit(s, e), 0);
}

static inline int lives_sample(struct lives *s, uint32_t thread, uint32_t stack, uint32_t state)
{
    return lives_emit(s,
                      (struct event){.kind = EVENT_SAMPLE, .sample = {{thread}, {stack}, state}});
}

/* Process 1 with thread 1. */
static inline struct lives lives_new(const struct query *query)
{
    struct lives s = {.live = live_new(query)};
    lives_process(&s, 1, 100, "python main.py");
    lives_thread(&s, 1, 1, 100, "MainThread");
    return s;
}

/* What a function (line 0) or line costs in a thread (0 = all). NULL: there is no such row. */
static inline const struct live_cell *lives_cell(const struct lives *s, const char *name,
                                                 uint32_t line, uint32_t thread)
{
    for (size_t i = 0; i < s->live->cells.len; i++) {
        const struct live_cell *cell = vec_at(&s->live->cells, i);
        const struct live_row *row = vec_at(&s->live->rows, cell->row);
        if (strcmp(row->name, name) == 0 && row->is_line == (line != 0) &&
            (!line || row->line == line) && cell->thread == thread)
            return cell;
    }
    return NULL;
}

static inline int lives_ms(uint64_t ns)
{
    assert_int_equal(ns % NS_PER_MS, 0);
    return (int)(ns / NS_PER_MS);
}

#endif
