/* Fills a struct layout from the table or from the target's own published offsets. Knows nothing of
 * processes; the published bytes are hostile. */
#include "cpython/layout.h"

#include <pthread.h>
#include <string.h>

enum {
    PUBLISHED = 1u << 30, /* AT(n) */
    COLUMNS = 8,          /* 3.8 … 3.15 */
    FIRST_MINOR = 8,
    FIRST_PUBLISHED_MINOR = 13,
    OFFSETS_VERSION = 8, /* in _Py_DebugOffsets, after the cookie */
    OFFSETS_FREE_THREADED = 16,
};

#define AT(n) (PUBLISHED | (n))
#define NONE LAYOUT_NONE
#define MUTEX(n, count) ((n) + (count) * ((int)sizeof(pthread_mutex_t) - 40))

static const struct layout_row {
    size_t member; /* offset in struct layout */
    uint32_t columns[COLUMNS];
} rows[] = {
#define FIELD(name, ...) {offsetof(struct layout, name), {__VA_ARGS__}},
#include "cpython/layouts.def"
#undef FIELD
};

static void *member_at(struct layout *l, size_t offset)
{
    return (char *)l + offset;
}

static uint32_t max_end(uint32_t end, uint32_t offset, uint32_t width)
{
    if (offset == LAYOUT_NONE || offset + width <= end)
        return end;
    return offset + width;
}

static int derive(struct layout *l)
{
    unsigned minor = layout_minor(l);
    l->lines = minor <= 9 ? LAYOUT_LNOTAB : minor == 10 ? LAYOUT_LINETABLE : LAYOUT_LOCATIONS;
    l->instr = minor <= 9 ? LAYOUT_BYTE_INDEX : minor == 10 ? LAYOUT_WORD_INDEX : LAYOUT_POINTER;
    /* Objects/unicodeobject.h: until 3.11 a wstr_length follows utf8. */
    l->str_compact = l->str_ascii + (minor <= 11 ? 24 : 16);
    /* Include/cpython/unicodeobject.h@3.14: `interned` takes a whole byte without the GIL. */
    l->str_kind_shift = l->free_threaded && minor >= 14 ? 8 : 2;
    if (!l->free_threaded) /* published as 0 there */
        l->frame_tlbc_index = l->code_tlbc = LAYOUT_NONE;
    /* Include/cpython/code.h@3.12, @3.13: it comes right before co_localsplusnames. */
    bool has_version = (minor == 12 || minor == 13) && l->code_names >= 4;
    l->code_version = has_version ? l->code_names - 4 : LAYOUT_NONE;

    const uint32_t tstate[] = {l->tstate_next,   l->tstate_interp,    l->tstate_frame,
                               l->tstate_ident,  l->tstate_native_id, l->tstate_unique,
                               l->tstate_status, l->tstate_holds_gil};
    for (size_t i = 0; i < sizeof(tstate) / sizeof(*tstate); i++)
        l->tstate_prefix_bytes = max_end(l->tstate_prefix_bytes, tstate[i], 8);
    /* datastack_chunk, datastack_top, datastack_limit */
    l->tstate_prefix_bytes = max_end(l->tstate_prefix_bytes, l->tstate_datastack, 24);
    const uint32_t frame[] = {l->frame_code, l->frame_back, l->frame_instr};
    for (size_t i = 0; i < sizeof(frame) / sizeof(*frame); i++)
        l->frame_prefix_bytes = max_end(l->frame_prefix_bytes, frame[i], 8);
    l->frame_prefix_bytes = max_end(l->frame_prefix_bytes, l->frame_owner, 1);
    l->frame_prefix_bytes = max_end(l->frame_prefix_bytes, l->frame_tlbc_index, 4);
    const uint32_t code[] = {l->code_filename, l->code_name, l->code_qualname, l->code_linetable,
                             l->code_tlbc};
    uint32_t code_end = max_end(l->object_bytes + 8, l->code_first_line, 4); /* 8: ob_size */
    code_end = max_end(code_end, l->code_version, 4);
    for (size_t i = 0; i < sizeof(code) / sizeof(*code); i++)
        code_end = max_end(code_end, code[i], 8);
    bool fits = code_end <= l->code_bytes && l->object_type + 8 <= l->object_bytes &&
                l->tstate_prefix_bytes <= LAYOUT_TSTATE_BYTES_MAX &&
                l->frame_prefix_bytes <= LAYOUT_FRAME_BYTES_MAX &&
                l->code_bytes <= LAYOUT_CODE_BYTES_MAX && l->object_bytes <= 64 &&
                l->code_instructions <= LAYOUT_CODE_BYTES_MAX;
    return fits ? 0 : -1;
}

static int fill(struct layout *l, const uint8_t *published, size_t published_bytes)
{
    unsigned minor = layout_minor(l);
    unsigned column = minor - FIRST_MINOR;
    if (column >= COLUMNS) {
        column = COLUMNS - 1;
        l->guessed = true;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        uint64_t value = rows[i].columns[column];
        if (value != LAYOUT_NONE && (value & PUBLISHED)) {
            size_t at = value & ~(uint64_t)PUBLISHED;
            if (at + 8 > published_bytes)
                return -1;
            memcpy(&value, published + at, 8);
            if (value > LAYOUT_OFFSET_MAX)
                return -1;
        }
        uint32_t offset = (uint32_t)value;
        memcpy(member_at(l, rows[i].member), &offset, sizeof(offset));
    }
    return derive(l);
}

int layout_known(struct layout *ret_layout, uint32_t version)
{
    struct layout l = {.version = version};
    unsigned minor = layout_minor(&l);
    if (version >> 24 != 3 || minor < FIRST_MINOR || minor >= FIRST_PUBLISHED_MINOR ||
        fill(&l, NULL, 0))
        return -1;
    *ret_layout = l;
    return 0;
}

int layout_published(struct layout *ret_layout, const uint8_t *debug_offsets, size_t len_bytes)
{
    static const char cookie[] = "xdebugpy";
    if (len_bytes < OFFSETS_FREE_THREADED + 8 || memcmp(debug_offsets, cookie, 8) != 0)
        return -1;
    uint64_t version, free_threaded;
    memcpy(&version, debug_offsets + OFFSETS_VERSION, 8);
    memcpy(&free_threaded, debug_offsets + OFFSETS_FREE_THREADED, 8);
    struct layout l = {.version = (uint32_t)version, .free_threaded = free_threaded != 0};
    if (version > UINT32_MAX || version >> 24 != 3 || layout_minor(&l) < FIRST_PUBLISHED_MINOR ||
        free_threaded > 1 || fill(&l, debug_offsets, len_bytes))
        return -1;
    *ret_layout = l;
    return 0;
}
