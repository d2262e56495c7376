/* A hash map from uint64_t to uint32_t (open addressing, no removal). */
#ifndef HEATLINE_BASE_MAP_H
#define HEATLINE_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map {
    struct map_slot *slots;
    size_t len, cap; /* cap is 0 or a power of two */
};

void map_init(struct map *m);
void map_release(struct map *m);
void map_clear(struct map *m); /* memory kept */
bool map_find(const struct map *m, uint64_t key, uint32_t *ret_value);
void map_put(struct map *m, uint64_t key, uint32_t value); /* inserts or replaces */

#endif
