/* Any text as /proc/PID/maps: what was parsed is in order, and what is found holds the address. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "subject/maps.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static void must(int truth)
{
    if (!truth)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
    struct maps maps;
    maps_init(&maps);
    maps_parse(&maps, (const char *)bytes, len_bytes);
    uint64_t last = 0;
    for (size_t i = 0; i < maps.mappings.len; i++) {
        const struct mapping *m = vec_at(&maps.mappings, i);
        must(m->start < m->end && m->start >= last && strlen(m->path) <= len_bytes);
        last = m->start;
        const struct mapping *found = maps_find(&maps, m->start);
        must(!found || (found->start <= m->start && m->start < found->end));
    }
    maps_release(&maps);
    return 0;
}
