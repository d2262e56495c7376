/* Knows ints, where an instance keeps its attributes, and how a module is found by name. */
#include "cpython/objects.h"

#include <string.h>

#include "cpython/objects_dict.h"

enum {
    DIGIT_BITS = 30,
    DIGITS_MAX = 3, /* hold any int64 */
    WORD = 8,
};

/* tp_flags (Include/object.h). */
enum { FLAG_INLINE_VALUES = 1 << 2, FLAG_MANAGED_DICT = 1 << 4, FLAG_INT = 1 << 24 };

/* Behind tp_name, in every version: tp_basicsize, tp_itemsize, tp_flags, tp_dictoffset. */
enum {
    TYPE_BASICSIZE = 8,
    TYPE_ITEMSIZE = 16,
    TYPE_FLAGS = 144,
    TYPE_DICTOFFSET = 264,
    TYPE_BYTES = 272,
};

enum rd object_int(struct mem *m, const struct layout *l, uint64_t address, int64_t *ret_value)
{
    uint64_t tag;
    enum rd rd = mem_read_u64(m, address + l->long_tag, &tag);
    if (rd != RD_OK)
        return rd;
    uint64_t count;
    bool negative;
    if (layout_minor(l) <= 11) { /* ob_size: the number of digits, with the sign */
        negative = (int64_t)tag < 0;
        count = negative ? -tag : tag;
    } else { /* lv_tag: the number of digits, and in two bits 0 positive, 1 zero, 2 negative */
        negative = (tag & 3) == 2;
        count = tag >> 3;
    }
    uint32_t digits[DIGITS_MAX];
    if (count > DIGITS_MAX || (layout_minor(l) >= 12 && (tag & 3) == 3))
        return RD_TORN;
    rd = mem_read(m, address + l->long_digits, digits, count * sizeof(*digits));
    if (rd != RD_OK)
        return rd;
    unsigned __int128 value = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (digits[i] >> DIGIT_BITS)
            return RD_TORN;
        value |= (unsigned __int128)digits[i] << (DIGIT_BITS * i);
    }
    if (value > (unsigned __int128)INT64_MAX + negative)
        return RD_TORN;
    *ret_value = negative ? (int64_t) - (uint64_t)value : (int64_t)value;
    return RD_OK;
}

struct type {
    uint64_t address, basic_bytes, item_bytes, flags;
    int64_t dict_offset;
};

static enum rd type_read(struct mem *m, const struct layout *l, uint64_t object, struct type *ret)
{
    uint64_t type;
    uint8_t bytes[TYPE_BYTES];
    enum rd rd = mem_read_u64(m, object + l->object_type, &type);
    if (rd != RD_OK || (rd = mem_read(m, type + l->type_name, bytes, sizeof(bytes))) != RD_OK)
        return rd;
    ret->address = type;
    memcpy(&ret->basic_bytes, bytes + TYPE_BASICSIZE, WORD);
    memcpy(&ret->item_bytes, bytes + TYPE_ITEMSIZE, WORD);
    memcpy(&ret->flags, bytes + TYPE_FLAGS, WORD);
    memcpy(&ret->dict_offset, bytes + TYPE_DICTOFFSET, WORD);
    return RD_OK;
}

/* Where an instance keeps its attributes: in a dict, or (dict is 0) as values. Both 0: it has
 * none. */
struct attributes {
    uint64_t dict, values;
};

/* 3.11+: in words before the object, with the GIL: values at −4 (3.11), dict at −3; without:
 * dict at −1. From 3.12 on it is one word, with bit 0 set for values (3.12), or values lie
 * behind the object (3.13+). */
static enum rd managed(struct mem *m, const struct layout *l, uint64_t object,
                       const struct type *type, struct attributes *ret)
{
    unsigned minor = layout_minor(l);
    enum rd rd = mem_read_u64(m, object - (l->free_threaded ? 1 : 3) * WORD, &ret->dict);
    if (rd != RD_OK || (minor != 12 && ret->dict))
        return rd;
    if (minor == 11)
        return mem_read_u64(m, object - 4 * WORD, &ret->values);
    if (minor == 12) {
        if (ret->dict & 1)
            *ret = (struct attributes){.values = ret->dict + 1};
        return RD_OK;
    }
    if (!(type->flags & FLAG_INLINE_VALUES))
        return RD_OK;
    uint64_t values = object + type->basic_bytes;
    uint8_t prefix[4]; /* capacity, size, embedded, valid */
    rd = mem_read(m, values, prefix, sizeof(prefix));
    if (rd == RD_OK && prefix[3])
        ret->values = values;
    return rd;
}

/* An object of variable size, such as one of a subclass of int or tuple: the offset counts from its
 * end (Objects/object.c, _PyObject_ComputedDictPointer). */
static enum rd behind_items(struct mem *m, const struct layout *l, uint64_t object,
                            const struct type *type, struct attributes *ret)
{
    int64_t count;
    bool tagged = type->flags & FLAG_INT && layout_minor(l) >= 12; /* lv_tag, not ob_size */
    enum rd rd = mem_read_u64(m, object + l->object_bytes, (uint64_t *)&count);
    if (rd != RD_OK)
        return rd;
    count = tagged ? (int64_t)((uint64_t)count >> 3) : count < 0 ? -count : count;
    if (count > LAYOUT_OFFSET_MAX || type->item_bytes > LAYOUT_OFFSET_MAX ||
        type->basic_bytes > LAYOUT_OFFSET_MAX)
        return RD_TORN;
    uint64_t bytes = type->basic_bytes + (uint64_t)count * type->item_bytes;
    bytes = (bytes + WORD - 1) / WORD * WORD;
    return mem_read_u64(m, object + bytes + (uint64_t)type->dict_offset, &ret->dict);
}

static enum rd locate(struct mem *m, const struct layout *l, uint64_t object,
                      const struct type *type, struct attributes *ret)
{
    if (layout_minor(l) >= 11 && type->flags & FLAG_MANAGED_DICT)
        return managed(m, l, object, type, ret);
    if (type->dict_offset < 0)
        return behind_items(m, l, object, type, ret);
    if (!type->dict_offset || type->dict_offset > LAYOUT_OFFSET_MAX)
        return RD_OK;
    return mem_read_u64(m, object + (uint64_t)type->dict_offset, &ret->dict);
}

/* The keys that a class's instances share. Relative to tp_name, to hold for free-threaded
 * builds too. */
uint32_t object_type_keys(const struct layout *l)
{
    if (layout_has(l->type_cached_keys))
        return l->type_cached_keys;
    return l->type_name + 856; /* 3.13, 3.14 */
}

enum rd object_attribute(struct mem *m, const struct layout *l, uint64_t object, const char *name,
                         uint64_t *ret_value)
{
    struct type type;
    struct attributes at = {0};
    enum rd rd = type_read(m, l, object, &type);
    if (rd != RD_OK || (rd = locate(m, l, object, &type, &at)) != RD_OK)
        return rd;
    if (at.dict)
        return object_dict_get(m, l, at.dict, name, ret_value);
    if (!at.values) {
        *ret_value = 0;
        return RD_OK;
    }
    uint64_t keys;
    rd = mem_read_u64(m, type.address + object_type_keys(l), &keys);
    return rd == RD_OK ? object_values_get(m, l, keys, at.values, name, ret_value) : rd;
}

enum rd object_attributes(struct mem *m, const struct layout *l, uint64_t object,
                          object_entry *each, void *context)
{
    struct type type;
    struct attributes at = {0};
    uint64_t keys;
    enum rd rd = type_read(m, l, object, &type);
    if (rd == RD_OK)
        rd = locate(m, l, object, &type, &at);
    if (rd != RD_OK || (!at.dict && !at.values))
        return rd;
    if (at.dict)
        return object_dict(m, l, at.dict, each, context);
    rd = mem_read_u64(m, type.address + object_type_keys(l), &keys);
    return rd == RD_OK ? object_values(m, l, keys, at.values, each, context) : rd;
}

enum rd object_module_dict(struct mem *m, const struct layout *l, uint64_t interp, const char *name,
                           uint64_t *ret_dict)
{
    uint64_t modules, module = 0;
    enum rd rd = mem_read_u64(m, interp + l->interp_modules, &modules);
    if (rd == RD_OK && modules)
        rd = object_dict_get(m, l, modules, name, &module);
    if (rd != RD_OK)
        return rd;
    if (!module) {
        *ret_dict = 0;
        return RD_OK;
    }
    return mem_read_u64(m, module + l->object_bytes, ret_dict); /* md_dict is the first field */
}
