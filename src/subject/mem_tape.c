/* Remembers every byte that is read through it, by page, and writes them as a memory image. Knows
 * nothing of what is read; meant for fixtures and bug reports, so it may cost something. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/out.h"
#include "base/str.h"
#include "base/varint.h"
#include "base/vec.h"
#include "subject/mem.h"
#include "subject/mem_image.h"

enum { PAGE_BYTES = 4096 };

struct tape_page {
    uint64_t number;
    uint8_t bytes[PAGE_BYTES];
    uint8_t known[PAGE_BYTES / 8]; /* one bit a byte */
};

struct tape {
    struct mem base;
    struct mem *under;
    struct map slots; /* page number → index in pages */
    struct vec pages; /* of struct tape_page */
};

static struct tape_page *tape_page(struct tape *tape, uint64_t number)
{
    uint32_t slot;
    if (map_find(&tape->slots, number, &slot))
        return vec_at(&tape->pages, slot);
    map_put(&tape->slots, number, (uint32_t)tape->pages.len);
    struct tape_page *page = vec_push(&tape->pages);
    page->number = number;
    return page;
}

static void tape_keep(struct tape *tape, uint64_t address, const uint8_t *bytes, size_t len_bytes)
{
    while (len_bytes) {
        size_t at = address % PAGE_BYTES;
        size_t part = len_bytes < PAGE_BYTES - at ? len_bytes : PAGE_BYTES - at;
        struct tape_page *page = tape_page(tape, address / PAGE_BYTES);
        memcpy(page->bytes + at, bytes, part);
        for (size_t i = at; i < at + part; i++)
            page->known[i / 8] |= (uint8_t)(1 << i % 8);
        address += part;
        bytes += part;
        len_bytes -= part;
    }
}

static enum rd tape_read(struct mem *m, const struct mem_range *ranges, size_t count)
{
    struct tape *tape = (struct tape *)m;
    enum rd rd = mem_read_many(tape->under, ranges, count);
    for (size_t i = 0; rd == RD_OK && i < count; i++)
        tape_keep(tape, ranges[i].address, ranges[i].buf, ranges[i].len_bytes);
    m->calls = tape->under->calls;
    return rd;
}

static void tape_free(struct mem *m)
{
    struct tape *tape = (struct tape *)m;
    mem_free(tape->under);
    map_release(&tape->slots);
    vec_release(&tape->pages);
    free(tape);
}

struct mem *mem_tape_new(struct mem *under)
{
    struct tape *tape = alloc_zeroed(1, sizeof(*tape));
    tape->base.read = tape_read;
    tape->base.free = tape_free;
    tape->under = under;
    map_init(&tape->slots);
    vec_init(&tape->pages, sizeof(struct tape_page));
    return &tape->base;
}

/* The image as it grows: its table, and the range that is still open. */
struct draft {
    struct str table, bytes;
    uint64_t count, start, len_bytes, last_end;
};

static void add_varint(struct str *table, uint64_t value)
{
    uint8_t coded[VARINT_BYTES_MAX];
    str_add_bytes(table, coded, varint_put(coded, value));
}

static void draft_close_range(struct draft *draft)
{
    if (!draft->len_bytes)
        return;
    add_varint(&draft->table, draft->start - draft->last_end);
    add_varint(&draft->table, draft->len_bytes);
    draft->last_end = draft->start + draft->len_bytes;
    draft->count++;
    draft->len_bytes = 0;
}

static void draft_page(struct draft *draft, const struct tape_page *page)
{
    for (size_t i = 0; i < PAGE_BYTES; i++) {
        if (!(page->known[i / 8] >> i % 8 & 1))
            continue;
        uint64_t address = page->number * PAGE_BYTES + i;
        if (draft->len_bytes && draft->start + draft->len_bytes != address)
            draft_close_range(draft);
        if (!draft->len_bytes)
            draft->start = address;
        draft->len_bytes++;
        str_add_bytes(&draft->bytes, page->bytes + i, 1);
    }
}

static int by_number(const void *a, const void *b)
{
    const struct tape_page *const *x = a, *const *y = b;
    return (*x)->number < (*y)->number ? -1 : (*x)->number > (*y)->number;
}

int mem_tape_save(const struct mem *m, const char *path, struct err *err)
{
    const struct tape *tape = (const struct tape *)m;
    struct draft draft = {.table = STR_EMPTY, .bytes = STR_EMPTY};
    const struct tape_page **pages = alloc_zeroed(tape->pages.len + 1, sizeof(*pages));
    for (size_t i = 0; i < tape->pages.len; i++)
        pages[i] = vec_at(&tape->pages, i);
    qsort(pages, tape->pages.len, sizeof(*pages), by_number);
    for (size_t i = 0; i < tape->pages.len; i++)
        draft_page(&draft, pages[i]);
    draft_close_range(&draft);
    free(pages);

    int result = -1;
    struct out *out = out_open(path, err);
    if (out) {
        uint8_t count[VARINT_BYTES_MAX];
        out_bytes(out, MEM_IMAGE_MAGIC, MEM_IMAGE_MAGIC_BYTES);
        out_bytes(out, count, varint_put(count, draft.count));
        out_bytes(out, draft.table.data, draft.table.len);
        out_bytes(out, draft.bytes.data, draft.bytes.len);
        result = out_close(out, err);
    }
    str_release(&draft.table);
    str_release(&draft.bytes);
    return result;
}
