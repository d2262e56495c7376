/* Knows how Python quotes and escapes str, bytes and bytearray. */
#include <string.h>

#include "cpython/repr_parts.h"

enum { CHUNK_BYTES = 1024 };

/* Not printable in Python's sense: other than letters, marks, numbers, punctuation, symbols and the
 * ASCII blank. Unassigned characters beyond the last block that is in use count too. */
static bool is_unprintable(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0, 0x1f},          {0x7f, 0xa0},       {0xad, 0xad},
        {0x600, 0x605},     {0x61c, 0x61c},     {0x6dd, 0x6dd},
        {0x70f, 0x70f},     {0x1680, 0x1680},   {0x180e, 0x180e},
        {0x2000, 0x200f},   {0x2028, 0x202f},   {0x205f, 0x206f},
        {0x3000, 0x3000},   {0xd800, 0xf8ff},   {0xfdd0, 0xfdef},
        {0xfeff, 0xfeff},   {0xfff0, 0xfffb},   {0xfffe, 0xffff},
        {0x1fffe, 0x1ffff}, {0xe0000, 0xe00ff}, {0xe01f0, UINT32_MAX},
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

void repr_put_character(struct repr *r, uint32_t c)
{
    char utf8[5];
    size_t len = 0;
    if (!r->left) {
        r->cut = true;
        return;
    }
    r->left--;
    if (c < 0x80) {
        utf8[len++] = (char)c;
    } else if (c < 0x800) {
        utf8[len++] = (char)(0xc0 | c >> 6);
    } else if (c < 0x10000) {
        utf8[len++] = (char)(0xe0 | c >> 12);
        utf8[len++] = (char)(0x80 | (c >> 6 & 63));
    } else {
        utf8[len++] = (char)(0xf0 | c >> 18);
        utf8[len++] = (char)(0x80 | (c >> 12 & 63));
        utf8[len++] = (char)(0x80 | (c >> 6 & 63));
    }
    if (c >= 0x80)
        utf8[len++] = (char)(0x80 | (c & 63));
    str_add_bytes(r->text, utf8, len);
}

static void put_escaped(struct repr *r, uint32_t c, char quote, bool bytes)
{
    if (c == (uint32_t)quote || c == '\\')
        repr_printf(r, "\\%c", (char)c);
    else if (c == '\n' || c == '\t' || c == '\r')
        repr_put(r, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
    else if (bytes ? c < ' ' || c >= 0x7f : is_unprintable(c))
        repr_printf(r, c <= 0xff ? "\\x%02x" : c <= 0xffff ? "\\u%04x" : "\\U%08x", c);
    else
        repr_put_character(r, c);
}

/* A run of characters of one width in the target. */
struct run {
    uint64_t address, count;
    unsigned width;
    bool bytes;
};

static uint32_t character_at(const uint8_t *bytes, unsigned width)
{
    uint32_t c = 0;
    memcpy(&c, bytes, width);
    return c;
}

/* Python quotes by ' unless there is one and no ". Only what is shown is looked at. */
static enum rd quote_of(struct repr *r, const struct run *run, char *ret_quote)
{
    uint8_t chunk[CHUNK_BYTES];
    bool has_single = false, has_double = false;
    uint64_t shown = run->count < r->left ? run->count : r->left;
    for (uint64_t done = 0; done < shown;) {
        size_t count = sizeof(chunk) / run->width;
        count = count < shown - done ? count : (size_t)(shown - done);
        enum rd rd = mem_read(r->mem, run->address + done * run->width, chunk, count * run->width);
        if (rd != RD_OK)
            return rd;
        for (size_t i = 0; i < count; i++) {
            uint32_t c = character_at(chunk + i * run->width, run->width);
            has_single |= c == '\'';
            has_double |= c == '"';
            if (c > 0x10ffff)
                return RD_TORN;
        }
        done += count;
    }
    *ret_quote = has_single && !has_double ? '"' : '\'';
    return RD_OK;
}

static enum rd put_run(struct repr *r, const struct run *run)
{
    char quote, close[2] = "";
    enum rd rd = quote_of(r, run, &quote);
    if (rd != RD_OK)
        return rd;
    close[0] = quote;
    repr_put(r, close);
    uint64_t done = 0;
    for (; done < run->count && !repr_full(r); done++) {
        uint8_t c[4];
        if (mem_read(r->mem, run->address + done * run->width, c, run->width) != RD_OK)
            break;
        put_escaped(r, character_at(c, run->width), quote, run->bytes);
    }
    repr_close(r, close);
    if (done < run->count) {
        repr_left_out(r);
    }
    return RD_OK;
}

/* Bits of the state, from str_kind_shift on. */
enum { STATE_KIND = 7, STATE_COMPACT = 8, STATE_ASCII = 16 };

enum rd repr_str(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)type;
    const struct layout *l = r->layout;
    uint64_t count, address;
    uint32_t state;
    const struct mem_range ranges[] = {
        {object + l->str_length, 8, &count},
        {object + l->str_state, 4, &state},
    };
    enum rd rd = mem_read_many(r->mem, ranges, 2);
    if (rd != RD_OK)
        return rd;
    state >>= l->str_kind_shift;
    address = object + (state & STATE_ASCII ? l->str_ascii : l->str_compact);
    if (!(state & STATE_COMPACT))
        rd = mem_read_u64(r->mem, object + l->str_compact, &address);
    struct run run = {address, count, state & STATE_KIND, false};
    if (rd == RD_OK &&
        ((run.width != 1 && run.width != 2 && run.width != 4) || count > (uint64_t)1 << 40))
        return RD_TORN;
    return rd == RD_OK ? put_run(r, &run) : rd;
}

enum rd repr_bytes(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)type;
    uint64_t count;
    enum rd rd = mem_read_u64(r->mem, object + r->layout->bytes_size, &count);
    if (rd != RD_OK || count > (uint64_t)1 << 40)
        return rd != RD_OK ? rd : RD_TORN;
    struct run run = {object + r->layout->bytes_data, count, 1, true};
    repr_put(r, "b");
    return put_run(r, &run);
}

/* Behind the header: ob_size, ob_alloc, ob_bytes, ob_start. */
enum rd repr_bytearray(struct repr *r, uint64_t object, const struct repr_type *type)
{
    uint64_t count, start = 0;
    enum rd rd = repr_word(r, object, 0, &count);
    if (rd == RD_OK)
        rd = repr_word(r, object, 3, &start);
    if (rd != RD_OK || count > (uint64_t)1 << 40)
        return rd != RD_OK ? rd : RD_TORN;
    struct run run = {start, count, 1, true};
    if (type->inherited) { /* bytearray(…) is said already, by the subclass's name */
        repr_put(r, "b");
        return put_run(r, &run);
    }
    repr_put(r, "bytearray(b");
    rd = put_run(r, &run);
    repr_close(r, ")");
    return rd;
}
