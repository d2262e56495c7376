/* Memory that is not as it should be: eight bytes here and there are others, a place is missing,
 * or all that is missing is there. Counts what was asked of it: time is bounded where that is. */
#ifndef HEATLINE_TESTS_UNIT_SPOILT_H
#define HEATLINE_TESTS_UNIT_SPOILT_H

#include "check.h"
#include "subject/mem.h"

enum { SPOILT_MAX = 8 };

struct spoilt {
    struct mem mem;
    struct mem *under;
    struct {
        uint64_t address, value;
    } words[SPOILT_MAX];
    size_t words_len;
    uint64_t hole;      /* the byte that is missing; 0: none is */
    uint64_t torn_read; /* the call that fails, counted from 1; 0: none does */
    bool filled;        /* what `under` lacks is there: all 'a' */
    uint64_t calls, reads, bytes;
};

static inline void spoilt_apply(const struct spoilt *s, const struct mem_range *range)
{
    for (size_t i = 0; i < s->words_len; i++)
        for (uint64_t k = 0; k < 8; k++) {
            uint64_t offset = s->words[i].address + k - range->address;
            if (offset < range->len_bytes)
                ((uint8_t *)range->buf)[offset] = (uint8_t)(s->words[i].value >> 8 * k);
        }
}

static inline enum rd spoilt_read(struct mem *m, const struct mem_range *ranges, size_t count)
{
    struct spoilt *s = (struct spoilt *)m;
    if (++s->calls == s->torn_read)
        return RD_TORN;
    for (size_t i = 0; i < count; i++) {
        s->reads++;
        s->bytes += ranges[i].len_bytes;
        if (s->hole && s->hole - ranges[i].address < ranges[i].len_bytes)
            return RD_TORN;
        enum rd rd = mem_read_many(s->under, &ranges[i], 1);
        if (rd != RD_OK && !s->filled)
            return rd;
        if (rd != RD_OK)
            memset(ranges[i].buf, 'a', ranges[i].len_bytes);
        spoilt_apply(s, &ranges[i]);
    }
    return RD_OK;
}

static inline struct spoilt spoilt_of(struct mem *under)
{
    return (struct spoilt){.mem = {.read = spoilt_read}, .under = under};
}

static inline void spoilt_put(struct spoilt *s, uint64_t address, uint64_t value)
{
    assert_true(s->words_len < SPOILT_MAX);
    s->words[s->words_len].address = address;
    s->words[s->words_len++].value = value;
}

#endif
