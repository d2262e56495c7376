/* What the bytes of a CPython mean: offsets by version (layouts.def), checked before use. */
#ifndef HEATLINE_CPYTHON_LAYOUT_H
#define HEATLINE_CPYTHON_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LAYOUT_NONE = 0x7fffffff, /* this version has no such field */
    LAYOUT_DEBUG_OFFSETS_BYTES = 1024,
    LAYOUT_OFFSET_MAX = 1 << 20, /* larger offsets are refused */
    LAYOUT_TSTATE_BYTES_MAX = 512,
    LAYOUT_FRAME_BYTES_MAX = 512,
    LAYOUT_CODE_BYTES_MAX = 512,
};

/* The code object's line table. */
enum layout_lines {
    LAYOUT_LNOTAB,    /* ≤ 3.9: co_lnotab */
    LAYOUT_LINETABLE, /* 3.10: PEP 626 */
    LAYOUT_LOCATIONS, /* 3.11+: PEP 657 */
};

/* What frame_instr holds. */
enum layout_instr {
    LAYOUT_BYTE_INDEX, /* ≤ 3.9: int, bytes from the start */
    LAYOUT_WORD_INDEX, /* 3.10: int, 2-byte units */
    LAYOUT_POINTER,    /* 3.11+: address of the instruction */
};

struct layout {
    uint32_t version; /* PY_VERSION_HEX */
    bool free_threaded;
    bool guessed; /* a version newer than the table: tried with the newest column */
    enum layout_lines lines;
    enum layout_instr instr;
#define FIELD(name, ...) uint32_t name;
#include "cpython/layouts.def"
#undef FIELD
    /* Derived from the above. */
    uint32_t tstate_prefix_bytes; /* covers every tstate field we read */
    uint32_t frame_prefix_bytes;  /* covers every frame field we read on the hot path */
    uint32_t str_compact;         /* data of a compact string that is not ASCII */
    uint32_t str_kind_shift;      /* in str_state */
    uint32_t code_version;        /* 3.12 and 3.13: co_version */
};

/* For a version without published offsets (3.8–3.12). -1: no table for it. */
int layout_known(struct layout *ret_layout, uint32_t version);

/* From the bytes at _PyRuntime (3.13+). -1: no cookie, an unfit version, or offsets out of bounds. */
int layout_published(struct layout *ret_layout, const uint8_t *debug_offsets, size_t len_bytes);

static inline unsigned layout_minor(const struct layout *l)
{
    return (l->version >> 16) & 0xff;
}
static inline bool layout_has(uint32_t offset)
{
    return offset != LAYOUT_NONE;
}

#endif
