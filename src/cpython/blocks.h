/* A `struct mem` that remembers the pages it read for as long as one look at the target lasts:
 * objects lie close together, so that hundreds of them cost a few dozen system calls. What it
 * gives is as old as the first read of the page. After BLOCKS_READS_MAX reads all is torn. */
#ifndef HEATLINE_CPYTHON_BLOCKS_H
#define HEATLINE_CPYTHON_BLOCKS_H

#include <stdint.h>

#include "subject/mem.h"

enum {
    BLOCK_BYTES = 4096,
    BLOCKS_COUNT = 64,
    BLOCKS_READS_MAX = 1 << 18, /* in one look: hostile dicts within dicts have an end */
};

struct blocks {
    struct mem mem; /* read through this one */
    struct mem *under;
    uint32_t reads;
    uint64_t numbers[BLOCKS_COUNT]; /* address / BLOCK_BYTES + 1; 0: empty */
    uint8_t bytes[BLOCKS_COUNT][BLOCK_BYTES];
};

void blocks_init(struct blocks *b,
                 struct mem *under); /* nothing to release; `under` must outlive it */

#endif
