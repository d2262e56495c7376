/* Interned strings: the texts stand in large blocks that never move, a table of ids finds them by
 * hash. The hash takes in the table's own address, so hostile texts cannot be chosen to collide. */
#include "base/intern.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/vec.h"

enum { INTERN_BLOCK_BYTES = 1 << 16, INTERN_CAP_MIN = 64 };

struct intern_entry {
    const char *text;
    size_t len_bytes;
};

/* The hash stands beside the id so that growing and most mismatches read no text. */
struct intern_slot {
    uint32_t hash;
    uint32_t id_plus_1; /* 0 = free */
};

struct intern {
    struct vec entries; /* of struct intern_entry, by id */
    struct vec blocks;  /* of char * */
    char *room;         /* free part of the last ordinary block */
    size_t room_bytes;
    struct intern_slot *slots;
    size_t cap;
    uint64_t seed;
};

static uint32_t intern_hash(const struct intern *in, const char *text, size_t len_bytes)
{
    uint64_t hash = in->seed ^ len_bytes;
    while (len_bytes >= 8) {
        uint64_t word;
        memcpy(&word, text, 8);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
        text += 8;
        len_bytes -= 8;
    }
    uint64_t rest = 0;
    if (len_bytes)
        memcpy(&rest, text, len_bytes);
    hash = (hash ^ rest) * 0x9e3779b97f4a7c15u;
    hash = (hash ^ (hash >> 29)) * 0xbf58476d1ce4e5b9u;
    return (uint32_t)(hash >> 32);
}

static bool intern_matches(const struct intern *in, struct intern_slot slot, uint32_t hash,
                           const char *text, size_t len_bytes)
{
    if (slot.hash != hash)
        return false;
    const struct intern_entry *entry = vec_at(&in->entries, slot.id_plus_1 - 1);
    return entry->len_bytes == len_bytes && (!len_bytes || !memcmp(entry->text, text, len_bytes));
}

static const char *intern_keep(struct intern *in, const char *text, size_t len_bytes)
{
    if (len_bytes >= INTERN_BLOCK_BYTES / 4) {
        char **block = vec_push(&in->blocks);
        *block = alloc_copy(text, len_bytes);
        return *block;
    }
    if (in->room_bytes < len_bytes + 1) {
        char **block = vec_push(&in->blocks);
        *block = in->room = alloc_resize(NULL, INTERN_BLOCK_BYTES, 1);
        in->room_bytes = INTERN_BLOCK_BYTES;
    }
    char *kept = in->room;
    if (len_bytes)
        memcpy(kept, text, len_bytes);
    kept[len_bytes] = '\0';
    in->room += len_bytes + 1;
    in->room_bytes -= len_bytes + 1;
    return kept;
}

static void intern_grow(struct intern *in)
{
    size_t cap = in->cap * 2;
    struct intern_slot *slots = alloc_zeroed(cap, sizeof *slots);
    for (size_t old = 0; old < in->cap; old++) {
        if (!in->slots[old].id_plus_1)
            continue;
        size_t i = in->slots[old].hash & (cap - 1);
        while (slots[i].id_plus_1)
            i = (i + 1) & (cap - 1);
        slots[i] = in->slots[old];
    }
    free(in->slots);
    in->slots = slots;
    in->cap = cap;
}

struct intern *intern_new(void)
{
    struct intern *in = alloc_zeroed(1, sizeof *in);
    vec_init(&in->entries, sizeof(struct intern_entry));
    vec_init(&in->blocks, sizeof(char *));
    in->cap = INTERN_CAP_MIN;
    in->slots = alloc_zeroed(in->cap, sizeof *in->slots);
    in->seed = (uintptr_t)in->slots * 0x9e3779b97f4a7c15u;
    return in;
}

void intern_free(struct intern *in)
{
    if (!in)
        return;
    for (size_t i = 0; i < in->blocks.len; i++)
        free(*(char **)vec_at(&in->blocks, i));
    vec_release(&in->blocks);
    vec_release(&in->entries);
    free(in->slots);
    free(in);
}

uint32_t intern_id(struct intern *in, const char *text, size_t len_bytes, bool *ret_new)
{
    uint32_t hash = intern_hash(in, text, len_bytes);
    size_t i = hash & (in->cap - 1);
    for (; in->slots[i].id_plus_1; i = (i + 1) & (in->cap - 1)) {
        if (intern_matches(in, in->slots[i], hash, text, len_bytes)) {
            if (ret_new)
                *ret_new = false;
            return in->slots[i].id_plus_1 - 1;
        }
    }
    struct intern_entry *entry = vec_push(&in->entries);
    entry->text = intern_keep(in, text, len_bytes);
    entry->len_bytes = len_bytes;
    uint32_t id = (uint32_t)in->entries.len - 1;
    in->slots[i] = (struct intern_slot){.hash = hash, .id_plus_1 = id + 1};
    if (in->entries.len * 4 > in->cap * 3)
        intern_grow(in);
    if (ret_new)
        *ret_new = true;
    return id;
}

const char *intern_text(const struct intern *in, uint32_t id, size_t *ret_len_bytes)
{
    const struct intern_entry *entry = vec_at(&in->entries, id);
    if (ret_len_bytes)
        *ret_len_bytes = entry->len_bytes;
    return entry->text;
}

uint32_t intern_count(const struct intern *in)
{
    return (uint32_t)in->entries.len;
}
