/* Open addressing with linear probing. Slots are placed by a hash that takes in the table's own
 * address: keys from a hostile file cannot be chosen to collide, without any global seed. */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct map_slot {
    uint64_t key;
    uint32_t value;
    uint32_t used;
};

enum { MAP_CAP_MIN = 16 };

static size_t map_place(const struct map *m, uint64_t key)
{
    uint64_t hash = key ^ (uintptr_t)m->slots;
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
    return (hash ^ (hash >> 31)) & (m->cap - 1);
}

/* The key's slot, or the free one where it belongs. At least one slot is always free. */
static struct map_slot *map_slot_of(const struct map *m, uint64_t key)
{
    size_t i = map_place(m, key);
    while (m->slots[i].used && m->slots[i].key != key)
        i = (i + 1) & (m->cap - 1);
    return &m->slots[i];
}

static void map_grow(struct map *m)
{
    struct map bigger = {.len = m->len, .cap = m->cap ? m->cap * 2 : MAP_CAP_MIN};
    bigger.slots = alloc_zeroed(bigger.cap, sizeof *bigger.slots);
    for (size_t i = 0; i < m->cap; i++) {
        if (m->slots[i].used)
            *map_slot_of(&bigger, m->slots[i].key) = m->slots[i];
    }
    free(m->slots);
    *m = bigger;
}

void map_init(struct map *m)
{
    *m = (struct map){0};
}

void map_release(struct map *m)
{
    free(m->slots);
    map_init(m);
}

void map_clear(struct map *m)
{
    if (m->cap)
        memset(m->slots, 0, m->cap * sizeof *m->slots);
    m->len = 0;
}

bool map_find(const struct map *m, uint64_t key, uint32_t *ret_value)
{
    if (!m->len)
        return false;
    const struct map_slot *slot = map_slot_of(m, key);
    if (!slot->used)
        return false;
    *ret_value = slot->value;
    return true;
}

void map_put(struct map *m, uint64_t key, uint32_t value)
{
    if ((m->len + 1) * 16 > m->cap * 13)
        map_grow(m);
    struct map_slot *slot = map_slot_of(m, key);
    m->len += !slot->used;
    *slot = (struct map_slot){.key = key, .value = value, .used = 1};
}
