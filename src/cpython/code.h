/* Code objects seen in a process: names, file, lines — read once, then recognised by address and checked
 * by identity, since an address can be reused. Turns a place in a code object into a frame id. */
#ifndef HEATLINE_CPYTHON_CODE_H
#define HEATLINE_CPYTHON_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "cpython/layout.h"
#include "cpython/walk.h"
#include "model/dictionary.h"
#include "subject/mem.h"

enum {
    CODE_PARTS = 3,
    CODE_IDENTITY_BYTES_MAX = 96,
    CODE_CACHE_MAX = 1 << 16, /* then all is forgotten and learnt anew; … */
    CODE_LINES_MAX = 4 << 20, /* … so it is when their lines become more than this */
    /* Where deaths are not counted: how old the check of a code may be, and in the part of a stack that changed. */
    CODE_FRESH_NS = 50 * 1000000,
    CODE_DUE_NS = 100000,
};
#define CODE_UNTIL_DOUBTED UINT64_MAX /* however old, if no doubt has come since */

struct code_cache;

/* `code_type`: address of PyCode_Type, 0 if not known (then learnt from the first good one). */
struct code_cache *code_cache_new(struct mem *m, const struct layout *l, uint64_t code_type,
                                  struct dictionary *dictionary);
void code_cache_free(struct code_cache *c);

/* Forgets all: another program runs in that process now. */
void code_cache_clear(struct code_cache *c);
/* Every identity must be checked again before it is trusted (a code object has died). */
void code_cache_doubt(struct code_cache *c);
/* How old the check of a code may be in the part of a stack that has changed: CODE_UNTIL_DOUBTED where the interpreter
 * counts the code objects that die (3.14 and later). */
uint64_t code_cache_due_ns(const struct code_cache *c);

/* Where the bytes lie that tell code objects apart, to be read along with a stack, for the code at `code`. Returns how
 * many places; 0: none is known, or it was checked so recently that there is no need. code_cache_confirm takes what was
 * read from them, one after the other. */
struct code_part {
    uint64_t address;
    uint32_t len_bytes;
};
size_t code_identity_due(const struct code_cache *c, uint64_t code, uint64_t now_ns,
                         struct code_part ret_parts[CODE_PARTS]);
void code_cache_confirm(struct code_cache *c, uint64_t code, const uint8_t *identity,
                        uint64_t now_ns);

/* Makes sure that all codes of the stack are known, and were checked within the last `age_ns`, with one read for
 * those that must be. RD_TORN: one of them is no code object: the stack is not to be trusted. */
enum rd code_cache_prepare(struct code_cache *c, const struct walk_frame *frames, size_t count,
                           uint64_t age_ns, uint64_t now_ns);

/* Which of the frames given to the last code_cache_prepare is the innermost whose code had to be learnt; SIZE_MAX:
 * none. Reading a code object takes long enough for it to die meanwhile: see that the frame is still there. */
size_t code_cache_learnt(const struct code_cache *c);

/* The frame id of a place, after code_cache_prepare. False: hidden, or not prepared. */
bool code_cache_frame(struct code_cache *c, const struct walk_frame *frame,
                      struct frame_id *ret_frame);

/* Grows with each code_cache_doubt: then even stacks that did not change must be prepared. */
uint32_t code_cache_doubts(const struct code_cache *c);

/* Grows each time another code was found at a known address: then unchanged places mean something else. */
uint32_t code_cache_replaced(const struct code_cache *c);

/* Grows each time ids given out before are void. */
uint32_t code_cache_epoch(const struct code_cache *c);

#endif
