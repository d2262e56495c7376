/* Knows pages and which of them are kept; knows nothing of what they mean, nor who holds the target
 * still while they are read. */
#include "dump/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct snapshot_page {
    uint64_t number;
    uint8_t *bytes;
    bool kept; /* false: not mapped, or not read yet */
};

static struct snapshot_page *page_at(const struct snapshot *s, size_t i)
{
    return (struct snapshot_page *)s->pages.data + i;
}

static struct mem_range page_range(const struct snapshot_page *page)
{
    return (struct mem_range){page->number * SNAPSHOT_PAGE_BYTES, SNAPSHOT_PAGE_BYTES, page->bytes};
}

/* NULL when there are too many. */
static struct snapshot_page *page_add(struct snapshot *s, uint64_t number)
{
    if (s->pages.len == SNAPSHOT_PAGES_MAX)
        return NULL;
    map_put(&s->by_number, number, (uint32_t)s->pages.len);
    struct snapshot_page *page = vec_push(&s->pages);
    *page = (struct snapshot_page){.number = number,
                                   .bytes = alloc_resize(NULL, 1, SNAPSHOT_PAGE_BYTES)};
    return page;
}

static enum rd page_find(struct snapshot *s, uint64_t number, const uint8_t **ret_bytes)
{
    uint32_t i;
    bool known = map_find(&s->by_number, number, &i);
    struct snapshot_page *page = known ? page_at(s, i) : page_add(s, number);
    if (!page)
        return RD_TORN;
    if (!known && s->sealed)
        s->wanted++;
    if (!known && !s->sealed) {
        struct mem_range range = page_range(page);
        enum rd rd = mem_read_many(s->under, &range, 1);
        page->kept = rd == RD_OK;
        if (rd == RD_GONE || rd == RD_DENIED)
            return rd;
    }
    *ret_bytes = page->bytes;
    return page->kept ? RD_OK : RD_TORN;
}

static enum rd range_read(struct snapshot *s, uint64_t address, uint8_t *buf, size_t len_bytes)
{
    if (len_bytes > UINT64_MAX - address)
        return RD_TORN;
    while (len_bytes) {
        size_t offset = address % SNAPSHOT_PAGE_BYTES;
        size_t part = SNAPSHOT_PAGE_BYTES - offset;
        const uint8_t *bytes;
        enum rd rd = page_find(s, address / SNAPSHOT_PAGE_BYTES, &bytes);
        if (rd != RD_OK)
            return rd;
        part = part < len_bytes ? part : len_bytes;
        memcpy(buf, bytes + offset, part);
        address += part;
        buf += part;
        len_bytes -= part;
    }
    return RD_OK;
}

static enum rd snapshot_read(struct mem *m, const struct mem_range *ranges, size_t count)
{
    struct snapshot *s = (struct snapshot *)m;
    for (size_t i = 0; i < count; i++) {
        enum rd rd = range_read(s, ranges[i].address, ranges[i].buf, ranges[i].len_bytes);
        if (rd != RD_OK)
            return rd;
    }
    return RD_OK;
}

void snapshot_init(struct snapshot *s, struct mem *under)
{
    *s = (struct snapshot){.mem = {.read = snapshot_read}, .under = under};
    map_init(&s->by_number);
    vec_init(&s->pages, sizeof(struct snapshot_page));
    vec_init(&s->ranges, sizeof(struct mem_range));
}

void snapshot_release(struct snapshot *s)
{
    for (size_t i = 0; i < s->pages.len; i++)
        free(page_at(s, i)->bytes);
    map_release(&s->by_number);
    vec_release(&s->pages);
    vec_release(&s->ranges);
}

/* Pages [from, to) by one call, or by halves when one of them is not mapped. */
static enum rd take(struct snapshot *s, size_t from, size_t to)
{
    const struct mem_range *ranges = s->ranges.data;
    enum rd rd = mem_read_many(s->under, ranges + from, to - from);
    if (rd == RD_TORN && to - from > 1) {
        size_t middle = from + (to - from) / 2;
        rd = take(s, from, middle);
        return rd == RD_OK ? take(s, middle, to) : rd;
    }
    for (size_t i = from; i < to; i++)
        page_at(s, i)->kept = rd == RD_OK;
    return rd == RD_TORN ? RD_OK : rd;
}

enum rd snapshot_take(struct snapshot *s)
{
    vec_resize(&s->ranges, s->pages.len);
    for (size_t i = 0; i < s->pages.len; i++)
        ((struct mem_range *)s->ranges.data)[i] = page_range(page_at(s, i));
    return s->pages.len ? take(s, 0, s->pages.len) : RD_OK;
}

void snapshot_seal(struct snapshot *s, bool sealed)
{
    s->sealed = sealed;
    s->wanted = 0;
}
