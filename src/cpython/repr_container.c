/* Knows how lists, tuples, dicts, sets, deques and ranges hold their items, and how Python writes
 * them. */
#include <string.h>

#include "cpython/repr_parts.h"

enum { SIZE_MAX_LOG2 = 40 };

static enum rd size_read(struct repr *r, uint64_t object, uint64_t *ret_size)
{
    enum rd rd = repr_word(r, object, 0, ret_size); /* ob_size */
    return rd == RD_OK && *ret_size >> SIZE_MAX_LOG2 ? RD_TORN : rd;
}

static void put_items(struct repr *r, uint64_t items, uint64_t count)
{
    bool first = true;
    for (uint64_t i = 0; i < count && repr_next(r, &first); i++) {
        uint64_t item;
        if (mem_read_u64(r->mem, items + 8 * i, &item) != RD_OK)
            item = 0;
        repr_put_object(r, item);
    }
}

enum rd repr_list(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)type;
    uint64_t count, items;
    enum rd rd = size_read(r, object, &count);
    if (rd == RD_OK)
        rd = mem_read_u64(r->mem, object + r->layout->list_items, &items);
    if (rd == RD_OK && repr_enter(r, object, "[", "]")) {
        put_items(r, items, count);
        repr_leave(r, "]");
    }
    return rd;
}

enum rd repr_tuple(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)type;
    uint64_t count;
    enum rd rd = size_read(r, object, &count);
    if (rd == RD_OK && repr_enter(r, object, "(", ")")) {
        put_items(r, object + r->layout->tuple_items, count);
        repr_leave(r, count == 1 ? ",)" : ")");
    }
    return rd;
}

struct entries {
    struct repr *r;
    bool first;
};

static bool put_entry(void *context, uint64_t key, uint64_t value)
{
    struct entries *entries = context;
    struct repr *r = entries->r;
    if (!repr_next(r, &entries->first))
        return false;
    repr_put_object(r, key);
    repr_put(r, ": ");
    repr_put_object(r, value);
    return true;
}

enum rd repr_dict(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)type;
    struct entries entries = {r, true};
    if (!repr_enter(r, object, "{", "}"))
        return RD_OK;
    enum rd rd = object_dict(r->mem, r->layout, object, put_entry, &entries);
    repr_leave(r, "}");
    return rd;
}

enum rd repr_mappingproxy(struct repr *r, uint64_t object, const struct repr_type *type)
{
    uint64_t mapping;
    enum rd rd = repr_word(r, object, 0, &mapping);
    if (rd != RD_OK)
        return rd;
    repr_printf(r, "%s(", repr_type_short(type));
    repr_put_object(r, mapping);
    repr_close(r, ")");
    return RD_OK;
}

/* Behind the header: fill, used, mask, table. A slot is key and hash; the hash is −1 where a key
 * was removed. */
static enum rd put_set(struct repr *r, uint64_t object)
{
    uint64_t mask, table;
    bool first = true;
    enum rd rd = repr_word(r, object, 2, &mask);
    if (rd == RD_OK)
        rd = repr_word(r, object, 3, &table);
    if (rd == RD_OK && mask >> SIZE_MAX_LOG2)
        rd = RD_TORN;
    for (uint64_t i = 0; rd == RD_OK && i <= mask; i++) {
        uint64_t slot[2];
        if (!r->entries_left) {
            r->objects_left = 0;
            repr_next(r, &first);
            break;
        }
        r->entries_left--;
        rd = mem_read(r->mem, table + i * sizeof(slot), slot, sizeof(slot));
        if (rd != RD_OK || !slot[0] || slot[1] == UINT64_MAX)
            continue;
        if (!repr_next(r, &first))
            break;
        repr_put_object(r, slot[0]);
    }
    return rd;
}

static enum rd repr_any_set(struct repr *r, uint64_t object, bool frozen)
{
    uint64_t used;
    enum rd rd = repr_word(r, object, 1, &used);
    if (rd != RD_OK)
        return rd;
    if (!used) {
        repr_put(r, frozen ? "frozenset()" : "set()");
        return RD_OK;
    }
    if (!repr_enter(r, object, frozen ? "frozenset({" : "{", frozen ? "})" : "}"))
        return RD_OK;
    rd = put_set(r, object);
    repr_leave(r, frozen ? "})" : "}");
    return rd;
}

enum rd repr_set(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)type;
    return repr_any_set(r, object, false);
}

enum rd repr_frozenset(struct repr *r, uint64_t object, const struct repr_type *type)
{
    return repr_any_set(r, object, !type->inherited);
}

enum { DEQUE_BLOCK_ITEMS = 64 };

/* Modules/_collectionsmodule.c. Behind the header: ob_size, leftblock, rightblock, leftindex,
 * rightindex, state, maxlen. A block: link to the left, items, link to the right. */
static enum rd put_deque(struct repr *r, uint64_t object, uint64_t count)
{
    uint64_t block, index;
    bool first = true;
    enum rd rd = repr_word(r, object, 1, &block);
    if (rd == RD_OK)
        rd = repr_word(r, object, 3, &index);
    if (rd == RD_OK && index >= DEQUE_BLOCK_ITEMS && count)
        rd = RD_TORN;
    for (uint64_t i = 0; rd == RD_OK && i < count && repr_next(r, &first); i++, index++) {
        uint64_t item;
        if (index == DEQUE_BLOCK_ITEMS) {
            rd = mem_read_u64(r->mem, block + 8 * (1 + DEQUE_BLOCK_ITEMS), &block);
            index = 0;
        }
        if (rd == RD_OK)
            rd = mem_read_u64(r->mem, block + 8 * (1 + index), &item);
        if (rd == RD_OK)
            repr_put_object(r, item);
    }
    return rd;
}

enum rd repr_deque(struct repr *r, uint64_t object, const struct repr_type *type)
{
    uint64_t count, most;
    enum rd rd = size_read(r, object, &count);
    if (rd == RD_OK)
        rd = repr_word(r, object, 6, &most);
    if (rd != RD_OK)
        return rd;
    if (!repr_enter(r, object, type->inherited ? "[" : "deque([", type->inherited ? "]" : "])"))
        return RD_OK;
    rd = put_deque(r, object, count);
    repr_leave(r, "]");
    if ((int64_t)most >= 0)
        repr_printf(r, ", maxlen=%llu", (unsigned long long)most);
    if (!type->inherited)
        repr_close(r, ")");
    return rd;
}

/* Behind the header: three ints or other objects. */
static enum rd words_read(struct repr *r, uint64_t object, uint64_t words[3])
{
    enum rd rd = RD_OK;
    for (unsigned i = 0; i < 3 && rd == RD_OK; i++)
        rd = repr_word(r, object, i, &words[i]);
    return rd;
}

enum rd repr_range(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)type;
    uint64_t words[3];
    int64_t step = 0;
    enum rd rd = words_read(r, object, words);
    if (rd != RD_OK)
        return rd;
    bool by_one = object_int(r->mem, r->layout, words[2], &step) == RD_OK && step == 1;
    repr_put(r, "range(");
    for (int i = 0; i < (by_one ? 2 : 3); i++) {
        repr_put(r, i ? ", " : "");
        repr_put_object(r, words[i]);
    }
    repr_close(r, ")");
    return RD_OK;
}

enum rd repr_slice(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)type;
    uint64_t words[3];
    enum rd rd = words_read(r, object, words);
    if (rd != RD_OK)
        return rd;
    repr_put(r, "slice(");
    for (int i = 0; i < 3; i++) {
        repr_put(r, i ? ", " : "");
        repr_put_object(r, words[i]);
    }
    repr_close(r, ")");
    return RD_OK;
}
