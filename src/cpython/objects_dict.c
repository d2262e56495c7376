/* Knows how a dict and an instance's attributes are laid out: Objects/dictobject.c and, from
 * 3.11 on, Include/internal/pycore_dict.h and pycore_object.h. Hashes are not computed: a
 * look-up walks the entries. */
#include "cpython/objects_dict.h"

#include <string.h>

enum {
    KEYS_HEADER_BYTES = 40,
    CHUNK_ENTRIES = 64,
    ENTRY_BYTES_MAX = 24,
    NAME_BYTES_MAX = 64,
    STR_HEADER_BYTES_MAX = 64,
    LOG2_SIZE_MAX = 40,
};

enum keys_kind { KEYS_GENERAL, KEYS_UNICODE, KEYS_SPLIT, KEYS_KINDS };

/* The entries of a dict, in the order of insertion. */
struct table {
    uint64_t entries, count;
    uint64_t values;      /* 0: in the entries */
    uint32_t entry_bytes; /* {hash, key, value} or {key, value} */
};

static uint64_t u64_at(const uint8_t *bytes, uint32_t offset)
{
    uint64_t value;
    memcpy(&value, bytes + offset, sizeof(value));
    return value;
}

/* ≤ 3.10: refcount 0, size 8, lookup 16, usable 24, entries used 32, indices 40. */
static enum rd old_table(uint64_t keys, const uint8_t *header, struct table *ret)
{
    uint64_t size = u64_at(header, 8);
    uint64_t count = u64_at(header, 32);
    if (size > (uint64_t)1 << LOG2_SIZE_MAX || count > size)
        return RD_TORN;
    uint64_t index_bytes = size <= 0xff ? 1 : size <= 0xffff ? 2 : size <= 0xffffffff ? 4 : 8;
    ret->entries = keys + 40 + size * index_bytes;
    ret->count = count;
    ret->entry_bytes = 24;
    return RD_OK;
}

/* 3.11+: refcount 0, log2 of size 8, log2 of the indices' bytes 9, kind 10, entries used 24,
 * indices 32. */
static enum rd new_table(uint64_t keys, const uint8_t *header, struct table *ret)
{
    uint8_t log2_size = header[8], log2_index_bytes = header[9], kind = header[10];
    uint64_t count = u64_at(header, 24);
    if (log2_size > LOG2_SIZE_MAX || log2_index_bytes > LOG2_SIZE_MAX || kind >= KEYS_KINDS ||
        count > (uint64_t)1 << log2_size || (kind == KEYS_SPLIT) != (ret->values != 0))
        return RD_TORN;
    ret->entries = keys + 32 + ((uint64_t)1 << log2_index_bytes);
    ret->count = count;
    ret->entry_bytes = kind == KEYS_GENERAL ? 24 : 16;
    return RD_OK;
}

static enum rd table_read(struct mem *m, const struct layout *l, uint64_t keys, uint64_t values,
                          struct table *ret)
{
    uint8_t header[KEYS_HEADER_BYTES];
    enum rd rd = mem_read(m, keys, header, sizeof(header));
    if (rd != RD_OK)
        return rd;
    *ret = (struct table){.values = values};
    rd = layout_minor(l) <= 10 ? old_table(keys, header, ret) : new_table(keys, header, ret);
    return rd == RD_OK && ret->count > OBJECT_DICT_ENTRIES_MAX ? RD_TORN : rd;
}

static enum rd table_each(struct mem *m, const struct table *t, object_entry *each, void *context)
{
    uint8_t entries[CHUNK_ENTRIES * ENTRY_BYTES_MAX];
    uint64_t values[CHUNK_ENTRIES];
    for (uint64_t done = 0, count; done < t->count; done += count) {
        count = t->count - done < CHUNK_ENTRIES ? t->count - done : CHUNK_ENTRIES;
        struct mem_range ranges[2] = {
            {t->entries + done * t->entry_bytes, (uint32_t)(count * t->entry_bytes), entries},
            {t->values + done * 8, (uint32_t)(count * 8), values},
        };
        enum rd rd = mem_read_many(m, ranges, t->values ? 2 : 1);
        if (rd != RD_OK)
            return rd;
        for (uint32_t i = 0; i < count; i++) {
            const uint8_t *end = entries + (i + 1) * t->entry_bytes;
            uint64_t key = u64_at(end - 16, 0);
            uint64_t value = t->values ? values[i] : u64_at(end - 8, 0);
            /* A deleted entry lacks the value, in a general table the key too. */
            if (key && value && !each(context, key, value))
                return RD_OK;
        }
    }
    return RD_OK;
}

struct wanted {
    struct mem *m;
    const struct layout *l;
    const char *name;
    size_t len_bytes;
    uint64_t value;
};

static bool is_wanted(void *context, uint64_t key, uint64_t value)
{
    struct wanted *w = context;
    const struct layout *l = w->l;
    uint8_t str[STR_HEADER_BYTES_MAX + NAME_BYTES_MAX];
    /* An object of another kind may end before that, at the end of what is mapped: not the one. */
    if (mem_read(w->m, key, str, l->str_ascii + w->len_bytes) != RD_OK)
        return true;
    uint32_t state;
    memcpy(&state, str + l->str_state, sizeof(state));
    const uint32_t compact_ascii_of_1 = 1 | 8 | 16;
    if ((state >> l->str_kind_shift & 31) != compact_ascii_of_1 ||
        u64_at(str, l->str_length) != w->len_bytes ||
        memcmp(str + l->str_ascii, w->name, w->len_bytes) != 0)
        return true;
    w->value = value;
    return false;
}

static enum rd table_get(struct mem *m, const struct layout *l, const struct table *t,
                         const char *name, uint64_t *ret_value)
{
    struct wanted wanted = {m, l, name, strlen(name), 0};
    if (wanted.len_bytes > NAME_BYTES_MAX || l->str_ascii > STR_HEADER_BYTES_MAX ||
        l->str_state + 4 > l->str_ascii || l->str_length + 8 > l->str_ascii)
        return RD_TORN;
    enum rd rd = table_each(m, t, is_wanted, &wanted);
    if (rd == RD_OK)
        *ret_value = wanted.value;
    return rd;
}

/* 3.13+: four bytes about the values come before them (struct _dictvalues). */
static uint64_t values_of(const struct layout *l, uint64_t dict_values)
{
    return dict_values && layout_minor(l) >= 13 ? dict_values + 8 : dict_values;
}

static enum rd dict_table(struct mem *m, const struct layout *l, uint64_t dict, struct table *ret)
{
    uint64_t keys, values;
    const struct mem_range ranges[] = {
        {dict + l->dict_keys, 8, &keys},
        {dict + l->dict_values, 8, &values},
    };
    enum rd rd = mem_read_many(m, ranges, 2);
    return rd == RD_OK ? table_read(m, l, keys, values_of(l, values), ret) : rd;
}

enum rd object_dict(struct mem *m, const struct layout *l, uint64_t dict, object_entry *each,
                    void *context)
{
    struct table table;
    enum rd rd = dict_table(m, l, dict, &table);
    return rd == RD_OK ? table_each(m, &table, each, context) : rd;
}

enum rd object_dict_get(struct mem *m, const struct layout *l, uint64_t dict, const char *key,
                        uint64_t *ret_value)
{
    struct table table;
    enum rd rd = dict_table(m, l, dict, &table);
    return rd == RD_OK ? table_get(m, l, &table, key, ret_value) : rd;
}

enum rd object_values_get(struct mem *m, const struct layout *l, uint64_t keys,
                          uint64_t dict_values, const char *key, uint64_t *ret_value)
{
    struct table table;
    enum rd rd = table_read(m, l, keys, values_of(l, dict_values), &table);
    return rd == RD_OK ? table_get(m, l, &table, key, ret_value) : rd;
}

enum rd object_values(struct mem *m, const struct layout *l, uint64_t keys, uint64_t dict_values,
                      object_entry *each, void *context)
{
    struct table table;
    enum rd rd = table_read(m, l, keys, values_of(l, dict_values), &table);
    return rd == RD_OK ? table_each(m, &table, each, context) : rd;
}
