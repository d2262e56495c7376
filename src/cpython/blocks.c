/* Knows how to serve small reads from pages read before; knows nothing of what the bytes mean. */
#include "cpython/blocks.h"

#include <string.h>

static enum rd block_at(struct blocks *b, uint64_t number, const uint8_t **ret_bytes)
{
    size_t slot = number % BLOCKS_COUNT;
    if (b->numbers[slot] != number + 1) {
        b->numbers[slot] = 0; /* a failed read may have written a part */
        enum rd rd = mem_read(b->under, number * BLOCK_BYTES, b->bytes[slot], BLOCK_BYTES);
        if (rd != RD_OK)
            return rd;
        b->numbers[slot] = number + 1;
    }
    *ret_bytes = b->bytes[slot];
    return RD_OK;
}

static enum rd range_read(struct blocks *b, uint64_t address, uint8_t *buf, size_t len_bytes)
{
    /* Blocks of an odd address at the end of the space would wrap around. */
    if (len_bytes > BLOCK_BYTES || address > UINT64_MAX - len_bytes)
        return mem_read(b->under, address, buf, len_bytes);
    while (len_bytes) {
        size_t offset = address % BLOCK_BYTES;
        size_t part = BLOCK_BYTES - offset < len_bytes ? BLOCK_BYTES - offset : len_bytes;
        const uint8_t *block;
        enum rd rd = block_at(b, address / BLOCK_BYTES, &block);
        /* A stored image need not hold whole pages. */
        if (rd == RD_TORN)
            return mem_read(b->under, address, buf, len_bytes);
        if (rd != RD_OK)
            return rd;
        memcpy(buf, block + offset, part);
        address += part;
        buf += part;
        len_bytes -= part;
    }
    return RD_OK;
}

static enum rd blocks_read(struct mem *m, const struct mem_range *ranges, size_t count)
{
    struct blocks *b = (struct blocks *)m;
    for (size_t i = 0; i < count; i++) {
        if (b->reads++ >= BLOCKS_READS_MAX)
            return RD_TORN;
        enum rd rd = range_read(b, ranges[i].address, ranges[i].buf, ranges[i].len_bytes);
        if (rd != RD_OK)
            return rd;
    }
    return RD_OK;
}

void blocks_init(struct blocks *b, struct mem *under)
{
    b->mem = (struct mem){.read = blocks_read};
    b->under = under;
    b->reads = 0;
    memset(b->numbers, 0, sizeof(b->numbers));
}
