/* Knows the three encodings of a line table (CPython's Objects/lnotab_notes.txt,
 * Objects/locations.md) and turns each into the same sorted ranges. Columns are skipped. Where
 * the table comes from is not its business. */
#include "cpython/lines.h"

enum { UNIT_BYTES = 2, NO_LINE_3_10 = -128 };

/* Location kinds of 3.11+ (Objects/locations.md). */
enum {
    KIND_ONE_LINE_0 = 10,
    KIND_ONE_LINE_2 = 12,
    KIND_NO_COLUMNS = 13,
    KIND_LONG = 14,
    KIND_NONE = 15
};

static uint32_t as_line(int64_t line)
{
    return line > 0 && line <= UINT32_MAX ? (uint32_t)line : 0;
}

static struct lines_entry *last(const struct vec *entries)
{
    return entries->len ? vec_at(entries, entries->len - 1) : NULL;
}

static void begin(struct vec *entries, uint32_t instr, uint32_t line)
{
    /* Nothing of the range before is left if it began here too. */
    if (entries->len && last(entries)->instr == instr)
        vec_resize(entries, entries->len - 1);
    if (entries->len && last(entries)->line == line)
        return;
    struct lines_entry *entry = vec_push(entries);
    entry->instr = instr;
    entry->line = line;
}

/* A range that begins between two instructions holds from the second one on. */
static uint32_t unit_from(uint64_t byte)
{
    return (uint32_t)((byte + UNIT_BYTES - 1) / UNIT_BYTES);
}

/* ≤ 3.9: pairs of bytes to go on and, then, lines to go on. */
static void decode_lnotab(struct vec *ret, const uint8_t *table, size_t len_bytes, int64_t line)
{
    uint64_t byte = 0;
    begin(ret, 0, as_line(line));
    for (size_t i = 0; i + 1 < len_bytes; i += 2) {
        byte += table[i];
        line += (int8_t)table[i + 1];
        if (table[i + 1])
            begin(ret, unit_from(byte), as_line(line));
    }
}

/* 3.10: pairs of a range's bytes and how its line differs from the one before. */
static void decode_linetable(struct vec *ret, const uint8_t *table, size_t len_bytes, int64_t line)
{
    uint64_t byte = 0;
    for (size_t i = 0; i + 1 < len_bytes; i += 2) {
        int delta = (int8_t)table[i + 1];
        if (delta != NO_LINE_3_10)
            line += delta;
        if (table[i])
            begin(ret, unit_from(byte), delta == NO_LINE_3_10 ? 0 : as_line(line));
        byte += table[i];
    }
    begin(ret, unit_from(byte), 0);
}

/* Six bits a byte, low first, bit 6 = more follow; bit 0 of the number is the sign. */
static int64_t signed_varint(const uint8_t *at, const uint8_t *end)
{
    uint64_t value = 0;
    for (unsigned shift = 0; at < end && shift < 36; shift += 6) {
        value |= (uint64_t)(*at & 63) << shift;
        if (!(*at++ & 64))
            break;
    }
    return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

/* 3.11+: 1kkkklll, then bytes without the top bit: kind k, l + 1 units long. */
static void decode_locations(struct vec *ret, const uint8_t *table, size_t len_bytes, int64_t line)
{
    const uint8_t *end = table + len_bytes;
    uint32_t instr = 0;
    for (const uint8_t *at = table; at < end;) {
        unsigned kind = *at >> 3 & 15;
        unsigned units = (*at & 7) + 1;
        at++;
        if (kind >= KIND_ONE_LINE_0 && kind <= KIND_ONE_LINE_2)
            line += kind - KIND_ONE_LINE_0;
        else if (kind == KIND_NO_COLUMNS || kind == KIND_LONG)
            line += signed_varint(at, end);
        begin(ret, instr, kind == KIND_NONE ? 0 : as_line(line));
        instr += units;
        while (at < end && !(*at & 128))
            at++;
    }
    begin(ret, instr, 0);
}

int lines_decode(struct vec *ret_entries, enum layout_lines format, const uint8_t *table,
                 size_t len_bytes, uint32_t first_line)
{
    vec_clear(ret_entries);
    if (len_bytes > LINES_TABLE_BYTES_MAX)
        return -1;
    switch (format) {
    case LAYOUT_LNOTAB:
        decode_lnotab(ret_entries, table, len_bytes, first_line);
        break;
    case LAYOUT_LINETABLE:
        decode_linetable(ret_entries, table, len_bytes, first_line);
        break;
    case LAYOUT_LOCATIONS:
        decode_locations(ret_entries, table, len_bytes, first_line);
        break;
    }
    return 0;
}

uint32_t lines_at(const struct vec *entries, uint32_t instr)
{
    size_t low = 0, high = entries->len; /* the answer's index is in [low − 1, high − 1] */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct lines_entry *entry = vec_at(entries, middle);
        if (entry->instr <= instr)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return 0;
    const struct lines_entry *entry = vec_at(entries, low - 1);
    return entry->line;
}
