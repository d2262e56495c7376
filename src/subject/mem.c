/* The calls every kind of memory shares. Knows nothing of where the bytes come from. */
#include "subject/mem.h"

/* A range's length is 32 bits; a longer read becomes several. */
#define RANGE_BYTES_MAX ((size_t)1 << 30)

void mem_free(struct mem *m)
{
    if (m)
        m->free(m);
}

enum rd mem_read(struct mem *m, uint64_t address, void *buf, size_t len_bytes)
{
    while (len_bytes > RANGE_BYTES_MAX) {
        struct mem_range part = {address, (uint32_t)RANGE_BYTES_MAX, buf};
        enum rd rd = m->read(m, &part, 1);
        if (rd != RD_OK)
            return rd;
        address += RANGE_BYTES_MAX;
        buf = (char *)buf + RANGE_BYTES_MAX;
        len_bytes -= RANGE_BYTES_MAX;
    }
    struct mem_range range = {address, (uint32_t)len_bytes, buf};
    return m->read(m, &range, 1);
}

enum rd mem_read_many(struct mem *m, const struct mem_range *ranges, size_t count)
{
    return m->read(m, ranges, count);
}

enum rd mem_read_u64(struct mem *m, uint64_t address, uint64_t *ret_value)
{
    uint64_t value;
    enum rd rd = mem_read(m, address, &value, sizeof(value));
    if (rd == RD_OK)
        *ret_value = value;
    return rd;
}
