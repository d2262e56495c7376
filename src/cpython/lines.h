/* Line tables: which source line each instruction of a code object belongs to. The bytes are
 * hostile. */
#ifndef HEATLINE_CPYTHON_LINES_H
#define HEATLINE_CPYTHON_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "cpython/layout.h"

enum { LINES_TABLE_BYTES_MAX = 4 << 20 };

/* Instructions from `instr` (in 2-byte units, whatever the version) up to the next entry's. */
struct lines_entry {
    uint32_t instr;
    uint32_t line; /* 0: none */
};

/* Replaces what `ret_entries`, a vec of struct lines_entry, holds: sorted by instruction, the
 * first one at 0, neighbours differ in line. 0, or -1 and no entries for a table longer than
 * LINES_TABLE_BYTES_MAX. A table that is cut off or no table at all gives the lines that
 * CPython itself would read from it. */
int lines_decode(struct vec *ret_entries, enum layout_lines format, const uint8_t *table,
                 size_t len_bytes, uint32_t first_line);

/* What frame.f_lineno says at this instruction. 0 where that is None: since 3.10 for
 * instructions that belong to no line (making cells before the first line, the ends of
 * handlers) and past the end of the table; until 3.9 every instruction has a line. */
uint32_t lines_at(const struct vec *entries, uint32_t instr);

#endif
