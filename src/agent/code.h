/* Which function is it? From code objects and C functions to what the recording calls them, in one look at a table. */
#ifndef HEATLINE_AGENT_CODE_H
#define HEATLINE_AGENT_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/lane.h"
#include "agent/table.h"

/* What a table says of a code object or C function. */
enum {
    CODE_SPECIAL = 1u << 31, /* there is more to it than its id: one of the following */
    CODE_GENERATOR = 1u << 30,
    CODE_ROOT = 1u << 29, /* what it calls is recorded (config root) */
    CODE_TRIGGER = 1u << 28,
    CODE_ID = CODE_TRIGGER - 1,
    CODE_UNWANTED = CODE_SPECIAL | CODE_ID,
};

extern struct table code_table;

/* Once a recording, with the GIL. */
void code_begin(void);
/* Before a code object of this interpreter is learnt, with its GIL. 0 or -1. */
int code_meet(void);
/* In a forked child: nothing is defined there yet. */
void code_forget(void);

uint32_t code_learn(void *code);
/* The program marks a function: it is wanted, whatever the configuration says. `levels`: how many levels of calls of
 * Python are wanted with it, its own the first, where only marked functions are wanted (config sparse). */
void code_mark(void *code, uint32_t levels);
/* What it was marked with, or 0; for a code that is alive. */
uint32_t code_levels(const void *code);
/* Is any marked with more than its own? Then all functions are looked at, and marked ones are roots. */
bool code_levels_matter(void);
uint32_t code_learn_callable(void *callable, uint64_t key);
/* What tells one C function from another; 0: it is none, but a function of Python. */
uint64_t code_callable_key(void *callable);

static inline bool code_is_unwanted(uint32_t entry)
{
    return (entry & CODE_ID) == CODE_ID;
}

/* For lane_enter. */
static inline uint32_t code_call_flags(uint32_t entry)
{
    return entry & CODE_ROOT ? CALL_ROOT : 0;
}

/* The entry of a code object: CODE_UNWANTED, or its id with what is special about it. The caller holds the GIL, or is attached to the interpreter. */
static inline uint32_t code_entry(void *code)
{
    uint32_t entry = table_find(&code_table, (uint64_t)(uintptr_t)code);
    return entry ? entry : code_learn(code);
}

static inline uint32_t code_entry_of_callable(void *callable, uint64_t key)
{
    uint32_t entry = table_find(&code_table, key);
    return entry ? entry : code_learn_callable(callable, key);
}

#endif
