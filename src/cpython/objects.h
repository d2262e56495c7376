/* Remote Python objects, read by their bytes: strings, ints, dicts, attributes. Every pointer and length is
 * hostile; every walk has a bound. Nothing here is on the per-sample path. */
#ifndef HEATLINE_CPYTHON_OBJECTS_H
#define HEATLINE_CPYTHON_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "cpython/layout.h"
#include "subject/mem.h"

enum {
    OBJECT_STR_BYTES_MAX = 16384, /* of UTF-8; the rest of a longer string is cut */
    OBJECT_DICT_ENTRIES_MAX = 1 << 17,
};

/* Appends a str as UTF-8 (surrogates as three bytes, as "surrogatepass" does). */
enum rd object_str(struct mem *m, const struct layout *l, uint64_t address, struct str *ret_text);
/* A small int; RD_TORN if it does not fit. */
enum rd object_int(struct mem *m, const struct layout *l, uint64_t address, int64_t *ret_value);

/* Calls `each` for every entry of a dict (of any kind: general, unicode, split) until it returns false. */
typedef bool object_entry(void *context, uint64_t key, uint64_t value);
enum rd object_dict(struct mem *m, const struct layout *l, uint64_t dict, object_entry *each,
                    void *context);
/* The value of a str key, 0 if absent. */
enum rd object_dict_get(struct mem *m, const struct layout *l, uint64_t dict, const char *key,
                        uint64_t *ret_value);
/* An attribute kept by the instance itself (its __dict__, managed dict or inline values), 0 if absent. */
enum rd object_attribute(struct mem *m, const struct layout *l, uint64_t object, const char *name,
                         uint64_t *ret_value);
/* Calls `each` for every such attribute, until it returns false: the keys are str objects. */
enum rd object_attributes(struct mem *m, const struct layout *l, uint64_t object,
                          object_entry *each, void *context);
/* Offset in a heap type of the keys that its instances share; ht_qualname comes just before. */
uint32_t object_type_keys(const struct layout *l);
/* module.__dict__, the module by name from sys.modules; 0 if not imported. */
enum rd object_module_dict(struct mem *m, const struct layout *l, uint64_t interp, const char *name,
                           uint64_t *ret_dict);

#endif
