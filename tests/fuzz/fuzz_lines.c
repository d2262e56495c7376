/* Any bytes as a line table: one byte of format, four of the first line, then the table. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cpython/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static void must(int truth)
{
    if (!truth)
        abort();
}

/* What lines.h promises, and that a search finds what a walk finds. */
static void check(const struct vec *entries)
{
    const struct lines_entry *all = entries->data;
    must(entries->len > 0 && all[0].instr == 0);
    for (size_t i = 0; i < entries->len; i++) {
        must(i == 0 || (all[i - 1].instr < all[i].instr && all[i - 1].line != all[i].line));
        must(lines_at(entries, all[i].instr) == all[i].line);
        must(i == 0 || lines_at(entries, all[i].instr - 1) == all[i - 1].line);
    }
    must(lines_at(entries, UINT32_MAX) == all[entries->len - 1].line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
    static const enum layout_lines formats[] = {LAYOUT_LNOTAB, LAYOUT_LINETABLE, LAYOUT_LOCATIONS};
    uint32_t first_line;
    if (len_bytes < 5)
        return 0;
    memcpy(&first_line, bytes + 1, sizeof first_line);
    struct vec entries;
    vec_init(&entries, sizeof(struct lines_entry));
    must(lines_decode(&entries, formats[bytes[0] % 3], bytes + 5, len_bytes - 5, first_line) == 0);
    check(&entries);
    vec_release(&entries);
    return 0;
}
