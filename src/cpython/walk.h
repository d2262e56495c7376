/* Reads one thread's chain of frames while the thread runs, and proves that the chain existed.
 *
 * Everything a sample needs is fetched by one process_vm_readv: the places where the last walk found its
 * bytes (thread state, the data stack in use, frames elsewhere), each twice. The chain is walked over the
 * first copy; the second must agree on every frame's code, caller and — but for the innermost, which runs —
 * instruction. What the prediction missed is fetched, and then compared with one more read. */
#ifndef HEATLINE_CPYTHON_WALK_H
#define HEATLINE_CPYTHON_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "cpython/layout.h"
#include "subject/mem.h"
#include "subject/probe.h"

enum {
    WALK_FRAMES_MAX = 1 << 16,
    WALK_STRETCHES_MAX = 1 << 13, /* places to read from, none longer than a page, in one walk */
    WALK_EXTRAS_MAX = 8,
    WALK_EXTRA_BYTES_MAX = 64,
};

struct walk_frame {
    uint64_t address, back, code;
    uint64_t instr; /* as enum layout_instr says */
    uint32_t tlbc_index;
    uint32_t code_version; /* of the code object, if it was read along; else 0 */
    bool python;           /* not an entry shim of the interpreter */
};

enum walk_mode {
    WALK_VERIFIED, /* the thread runs: two reads must agree */
    WALK_AGAIN,    /* the same, right after another one: it takes less, with all at hand */
    WALK_FROZEN,   /* the thread is stopped: one read is the truth */
    WALK_MODES
};

/* Further bytes that the caller wants from between the two reads. */
struct walk_extra {
    uint64_t address;
    uint32_t len_bytes; /* ≤ WALK_EXTRA_BYTES_MAX */
    uint8_t bytes[WALK_EXTRA_BYTES_MAX];
};

struct walk {
    struct vec frames; /* of struct walk_frame, innermost first */
    size_t trusted;    /* outermost frames on which the reads agreed; frames.len when RD_OK */
    bool slow;         /* the last read took too long to prove anything */
    bool moved;        /* the innermost instruction changed meanwhile: the thread is running */
    uint8_t tstate[LAYOUT_TSTATE_BYTES_MAX]; /* its first tstate_prefix_bytes */
    struct walk_extra extras[WALK_EXTRAS_MAX];
    size_t extras_len;      /* set by the caller */
    struct walk_plan *plan; /* private: where the bytes are expected */
};

void walk_init(struct walk *w);
void walk_release(struct walk *w);

/* RD_OK: `frames` is the stack at one moment between call and return. RD_TORN: it moved too fast, or is
 * none; `trusted` says how much of `frames` both reads agreed on. */
enum rd walk_read(struct walk *w, struct mem *m, const struct layout *l, uint64_t tstate,
                  enum walk_mode mode);

/* The same of a running thread, all at one moment: nothing need agree with anything. RD_AWAY, RD_DENIED: as
 * probe_read. */
enum rd walk_probe(struct walk *w, struct probe *probe, struct probe_thread *thread,
                   const struct layout *l, uint64_t tstate);

/* After RD_OK: reads once more, and says whether the stack is still the same (but for the innermost
 * instruction). RD_TORN: it is not. */
enum rd walk_confirm(struct walk *w, struct mem *m, const struct layout *l);

/* For many threads in one call: adds the ranges of one copy, where the last walk was RD_OK. */
void walk_ask(struct walk *w, const struct layout *l, struct vec *ranges);
/* After these were read: is it the last walk's stack, to the innermost instruction? */
bool walk_stands(struct walk *w, const struct layout *l);

/* A field of the thread state that was read. */
uint64_t walk_tstate_u64(const struct walk *w, uint32_t offset);
uint32_t walk_tstate_u32(const struct walk *w, uint32_t offset);

#endif
