/* Knows how a str holds its characters (Include/cpython/unicodeobject.h): one, two or four
 * bytes each, behind the header or, in instances of a subclass, elsewhere. What a str is good
 * for is not its business. */
#include "cpython/objects.h"

#include <string.h>

enum {
    PAGE_BYTES = 4096,
    FIRST_READ_BYTES = 256, /* header and text of nearly every name */
    CHUNK_BYTES = 2048,
    CHARACTER_MAX = 0x10ffff,
};

/* Bits of the state, from str_kind_shift on. */
enum { STATE_KIND = 7, STATE_COMPACT = 8, STATE_ASCII = 16 };

static uint64_t u64_at(const uint8_t *bytes, uint32_t offset)
{
    uint64_t value;
    memcpy(&value, bytes + offset, sizeof(value));
    return value;
}

static size_t put_utf8(char *at, uint32_t character)
{
    if (character < 0x80) {
        at[0] = (char)character;
        return 1;
    }
    if (character < 0x800) {
        at[0] = (char)(0xc0 | character >> 6);
        at[1] = (char)(0x80 | (character & 63));
        return 2;
    }
    if (character < 0x10000) {
        at[0] = (char)(0xe0 | character >> 12);
        at[1] = (char)(0x80 | (character >> 6 & 63));
        at[2] = (char)(0x80 | (character & 63));
        return 3;
    }
    at[0] = (char)(0xf0 | character >> 18);
    at[1] = (char)(0x80 | (character >> 12 & 63));
    at[2] = (char)(0x80 | (character >> 6 & 63));
    at[3] = (char)(0x80 | (character & 63));
    return 4;
}

static uint32_t character_at(const uint8_t *bytes, unsigned width)
{
    uint32_t character = 0;
    memcpy(&character, bytes, width);
    return character;
}

/* Adds characters while they fit below `limit`; how many, or -1 if one of them is none. */
static int add_characters(struct str *text, size_t limit, const uint8_t *bytes, size_t count,
                          unsigned width, uint32_t greatest)
{
    char utf8[4];
    for (size_t i = 0; i < count; i++) {
        uint32_t character = character_at(bytes + i * width, width);
        if (character > greatest)
            return -1;
        size_t len = put_utf8(utf8, character);
        if (text->len + len > limit)
            return (int)i;
        str_add_bytes(text, utf8, len);
    }
    return (int)count;
}

/* What the header says of the characters. */
struct characters {
    uint64_t address, count;
    unsigned width;
    uint32_t greatest;
};

static enum rd locate(struct mem *m, const struct layout *l, uint64_t object, const uint8_t *header,
                      struct characters *ret)
{
    uint32_t state;
    memcpy(&state, header + l->str_state, sizeof(state));
    state >>= l->str_kind_shift;
    bool ascii = state & STATE_ASCII;
    struct characters c = {
        .address = object + (ascii ? l->str_ascii : l->str_compact),
        .count = u64_at(header, l->str_length),
        .width = state & STATE_KIND,
        .greatest = ascii ? 0x7f : CHARACTER_MAX,
    };
    bool sound = (c.width == 1 || c.width == 2 || c.width == 4) && (!ascii || c.width == 1) &&
                 c.count <= INT64_MAX / 4;
    if (!sound)
        return RD_TORN;
    *ret = c;
    return state & STATE_COMPACT ? RD_OK : mem_read_u64(m, object + l->str_compact, &ret->address);
}

static enum rd add_all(struct mem *m, const struct characters *c, struct str *text)
{
    uint8_t chunk[CHUNK_BYTES];
    const size_t limit = text->len + OBJECT_STR_BYTES_MAX;
    for (uint64_t done = 0; done < c->count;) {
        size_t count = sizeof(chunk) / c->width;
        if (count > c->count - done)
            count = (size_t)(c->count - done);
        enum rd rd = mem_read(m, c->address + done * c->width, chunk, count * c->width);
        if (rd != RD_OK)
            return rd;
        int added = add_characters(text, limit, chunk, count, c->width, c->greatest);
        if (added < 0)
            return RD_TORN;
        if ((size_t)added < count)
            break;
        done += count;
    }
    return RD_OK;
}

enum rd object_str(struct mem *m, const struct layout *l, uint64_t address, struct str *ret_text)
{
    uint8_t first[FIRST_READ_BYTES];
    const size_t header_bytes = l->str_ascii;
    if (header_bytes > sizeof(first) || l->str_state + 4 > header_bytes ||
        l->str_length + 8 > header_bytes)
        return RD_TORN;
    /* Not beyond the page: the next one may not be mapped. */
    size_t first_bytes = PAGE_BYTES - address % PAGE_BYTES;
    if (first_bytes > sizeof(first))
        first_bytes = sizeof(first);
    if (first_bytes < header_bytes)
        first_bytes = header_bytes;
    enum rd rd = mem_read(m, address, first, first_bytes);
    struct characters c;
    if (rd != RD_OK || (rd = locate(m, l, address, first, &c)) != RD_OK)
        return rd;

    size_t len_before = ret_text->len;
    uint64_t offset = c.address - address;
    if (offset < first_bytes && c.count <= (first_bytes - offset) / c.width) {
        int added = add_characters(ret_text, SIZE_MAX, first + offset, (size_t)c.count, c.width,
                                   c.greatest);
        rd = added < 0 ? RD_TORN : RD_OK;
    } else {
        rd = add_all(m, &c, ret_text);
    }
    if (rd != RD_OK && ret_text->data) {
        ret_text->len = len_before;
        ret_text->data[len_before] = '\0';
    }
    return rd;
}
