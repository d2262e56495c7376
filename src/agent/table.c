#include "agent/table.h"

#include <stddef.h>
#include <sys/mman.h>

enum { TABLE_SLOTS_MIN = 1024 };

static size_t bytes_of(uint64_t slots)
{
    return sizeof(struct table_body) + slots * sizeof(struct table_slot);
}

static struct table_body *new_body(uint64_t slots)
{
    struct table_body *body =
        mmap(NULL, bytes_of(slots), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (body == MAP_FAILED)
        return NULL;
    body->mask = slots - 1;
    return body;
}

static struct table_slot *slot_of(struct table_body *body, uint64_t key)
{
    struct table_slot *removed = NULL;
    for (uint64_t i = table_place(key) & body->mask;; i = (i + 1) & body->mask) {
        struct table_slot *slot = &body->slots[i];
        if (slot->key == key)
            return slot;
        if (slot->key == TABLE_EMPTY)
            return removed ? removed : slot;
        if (slot->key == TABLE_REMOVED && !removed)
            removed = slot;
    }
}

static void set(struct table *t, struct table_body *body, uint64_t key, uint32_t value)
{
    struct table_slot *slot = slot_of(body, key);
    t->used += slot->key == TABLE_EMPTY;
    slot->value = value;
    __atomic_store_n(&slot->key, key, __ATOMIC_RELEASE);
}

/* What was removed is left behind here: so that a table whose entries come and go does not grow. */
static int grow(struct table *t)
{
    struct table_body *old = t->body;
    uint64_t live = 0;
    for (uint64_t i = 0; old && i <= old->mask; i++)
        live += old->slots[i].key > TABLE_REMOVED;
    uint64_t slots = TABLE_SLOTS_MIN;
    while (slots < live * 4)
        slots *= 2;
    struct table_body *body = new_body(slots);
    if (!body)
        return -1;
    t->used = 0;
    for (uint64_t i = 0; old && i <= old->mask; i++)
        if (old->slots[i].key > TABLE_REMOVED)
            set(t, body, old->slots[i].key, old->slots[i].value);
    __atomic_store_n(&t->body, body, __ATOMIC_RELEASE);
    return 0;
}

int table_put(struct table *t, uint64_t key, uint32_t value)
{
    if ((!t->body || (t->used + 1) * 2 > t->body->mask) && grow(t))
        return -1;
    set(t, t->body, key, value);
    return 0;
}

void table_remove(struct table *t, uint64_t key)
{
    if (!t->body)
        return;
    struct table_slot *slot = slot_of(t->body, key);
    if (slot->key == key)
        __atomic_store_n(&slot->key, TABLE_REMOVED, __ATOMIC_RELEASE);
}

void table_forget_all(struct table *t)
{
    for (uint64_t i = 0; t->body && i <= t->body->mask; i++)
        if (t->body->slots[i].key > TABLE_REMOVED)
            __atomic_store_n(&t->body->slots[i].key, TABLE_REMOVED, __ATOMIC_RELEASE);
}

void table_clear(struct table *t)
{
    if (t->body)
        munmap(t->body, bytes_of(t->body->mask + 1));
    *t = (struct table){0};
}
