/* A map from uint64_t (2 and up) to uint32_t, in memory of its own: malloc may be the program's, and busy. It is read
 * without a lock while one writer, who holds the caller's lock, changes it. */
#ifndef HEATLINE_AGENT_TABLE_H
#define HEATLINE_AGENT_TABLE_H

#include <stdint.h>

enum { TABLE_EMPTY = 0, TABLE_REMOVED = 1 };

struct table_slot {
    uint64_t key;
    uint32_t value;
};

struct table_body {
    uint64_t mask;
    struct table_slot slots[];
};

struct table {
    struct table_body
        *body;     /* NULL: empty. What it has outgrown stays mapped: it may still be read */
    uint64_t used; /* slots that are not empty */
};

static inline uint64_t table_place(uint64_t key)
{
    return key * 0x9e3779b97f4a7c15u >> 20; /* Fibonacci hashing (Knuth 6.4) */
}

/* 0 if it is not there. */
static inline uint32_t table_find(const struct table *t, uint64_t key)
{
    const struct table_body *body = __atomic_load_n(&t->body, __ATOMIC_ACQUIRE);
    if (!body)
        return 0;
    for (uint64_t i = table_place(key) & body->mask;; i = (i + 1) & body->mask) {
        uint64_t found = __atomic_load_n(&body->slots[i].key, __ATOMIC_ACQUIRE);
        if (found == key)
            return body->slots[i].value;
        if (found == TABLE_EMPTY)
            return 0;
    }
}

/* 0, or -1 when there is no memory: nothing is changed. */
int table_put(struct table *t, uint64_t key, uint32_t value);
void table_remove(struct table *t, uint64_t key);
/* Removes all there is. */
void table_forget_all(struct table *t);
/* Only while nobody reads. */
void table_clear(struct table *t);

#endif
