/* A `struct mem` that keeps every page it has read, so that a whole look at the target can be
 * taken at one moment: learn which pages a look needs while the target runs, read these pages once
 * while it stands still (snapshot_take), then look again at what was kept. */
#ifndef HEATLINE_DUMP_SNAPSHOT_H
#define HEATLINE_DUMP_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/vec.h"
#include "subject/mem.h"

enum {
    SNAPSHOT_PAGE_BYTES = 4096,
    SNAPSHOT_PAGES_MAX = 1 << 14, /* 64 MiB; what lies beyond reads as torn */
};

struct snapshot {
    struct mem mem; /* read through this one */
    struct mem *under;
    struct map by_number; /* page number → index */
    struct vec pages;     /* of struct snapshot_page */
    struct vec ranges;    /* of struct mem_range, for one call */
    bool sealed;          /* reads beyond what is kept fail, and are remembered as wanted */
    size_t wanted;        /* pages that a look missed since it was sealed */
};

void snapshot_init(struct snapshot *s, struct mem *under); /* `under` must outlive it */
void snapshot_release(struct snapshot *s);
/* Reads anew, in as few calls as possible, every page that was ever read or wanted. RD_OK also when
 * some of them are not mapped (any more). */
enum rd snapshot_take(struct snapshot *s);
void snapshot_seal(struct snapshot *s, bool sealed); /* also forgets what was wanted */

#endif
