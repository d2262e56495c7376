/* Attribute values that an instance keeps outside of a dict, by the keys of its class (3.11+). */
#ifndef HEATLINE_CPYTHON_OBJECTS_DICT_H
#define HEATLINE_CPYTHON_OBJECTS_DICT_H

#include "cpython/objects.h"

/* As object_dict_get, for a struct _dictkeysobject and a struct _dictvalues. */
enum rd object_values_get(struct mem *m, const struct layout *l, uint64_t keys,
                          uint64_t dict_values, const char *key, uint64_t *ret_value);
/* As object_dict, for the same. */
enum rd object_values(struct mem *m, const struct layout *l, uint64_t keys, uint64_t dict_values,
                      object_entry *each, void *context);

#endif
