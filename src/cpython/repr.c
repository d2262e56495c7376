/* Knows which writer an object's type has, and keeps the bounds: length, depth, circles, work. How a
 * type is written is the other repr_*.c's. */
#include "cpython/repr.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cpython/repr_parts.h"

/* From tp_name on, in every version (Include/cpython/object.h). */
enum { AT_BASICSIZE = 8, AT_FLAGS = 144, AT_MEMBERS = 216, AT_BASE = 232, AT_DICT = 240 };
enum { TYPE_BYTES = 248, ANCESTORS_MAX = 64, TYPES_MAX = 4096 };

static const struct {
    const char *name; /* of a type that is not made by a class statement */
    repr_write *write;
} writers[] = {
    {"NoneType", repr_none},
    {"bool", repr_bool},
    {"int", repr_int},
    {"float", repr_float},
    {"complex", repr_complex},
    {"str", repr_str},
    {"bytes", repr_bytes},
    {"bytearray", repr_bytearray},
    {"list", repr_list},
    {"tuple", repr_tuple},
    {"dict", repr_dict},
    {"set", repr_set},
    {"frozenset", repr_frozenset},
    {"range", repr_range},
    {"slice", repr_slice},
    {"collections.deque", repr_deque},
    {"mappingproxy", repr_mappingproxy},
    {"ellipsis", repr_ellipsis},
    {"NotImplementedType", repr_not_implemented},
    {"type", repr_type_object},
    {"function", repr_function},
    {"builtin_function_or_method", repr_builtin},
    {"method", repr_method},
    {"module", repr_module},
    {"BaseException", repr_exception},
    {"datetime.datetime", repr_datetime},
    {"datetime.date", repr_date},
    {"datetime.time", repr_time},
    {"datetime.timedelta", repr_timedelta},
    {"numpy.ndarray", repr_numpy_array},
};

void repr_init(struct repr *r, struct mem *m, const struct layout *l)
{
    *r = (struct repr){.mem = m, .layout = l};
    vec_init(&r->types, sizeof(struct repr_type));
    map_init(&r->types_by_address);
}

void repr_release(struct repr *r)
{
    vec_release(&r->types);
    map_release(&r->types_by_address);
}

void repr_forget(struct repr *r)
{
    vec_clear(&r->types);
    map_clear(&r->types_by_address);
}

bool repr_full(const struct repr *r)
{
    return r->left == 0;
}

void repr_put_bytes(struct repr *r, const char *text, size_t len_bytes)
{
    size_t room = len_bytes < r->left ? len_bytes : r->left;
    r->cut |= room < len_bytes;
    r->left -= room;
    str_add_bytes(r->text, text, room);
}

void repr_put(struct repr *r, const char *text)
{
    repr_put_bytes(r, text, strlen(text));
}

void repr_printf(struct repr *r, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    repr_put(r, text);
}

void repr_close(struct repr *r, const char *text)
{
    str_add(r->text, text);
    size_t len = strlen(text);
    r->left -= len < r->left ? len : r->left;
}

void repr_left_out(struct repr *r)
{
    const struct str *text = r->text;
    if (text->len < 3 || memcmp(text->data + text->len - 3, "...", 3) != 0)
        str_add(r->text, "...");
    r->cut = true;
}

static uint64_t u64_at(const uint8_t *bytes, size_t offset)
{
    uint64_t value;
    memcpy(&value, bytes + offset, sizeof(value));
    return value;
}

/* Printable ASCII, or it is no type. Names beyond the room are cut. */
static enum rd read_name(struct repr *r, uint64_t address, char *name)
{
    for (size_t i = 0; i < REPR_TYPE_NAME_MAX - 1; i++) {
        enum rd rd = mem_read(r->mem, address + i, name + i, 1);
        if (rd != RD_OK)
            return rd;
        if (name[i] == '\0')
            return i ? RD_OK : RD_TORN;
        if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
            return RD_TORN;
    }
    name[REPR_TYPE_NAME_MAX - 1] = '\0';
    return RD_OK;
}

static enum rd read_type(struct repr *r, uint64_t address, struct repr_type *ret)
{
    const struct layout *l = r->layout;
    uint8_t bytes[TYPE_BYTES];
    uint64_t metatype;
    const struct mem_range ranges[] = {
        {address + l->object_type, 8, &metatype},
        {address + l->type_name, sizeof(bytes), bytes},
    };
    enum rd rd = mem_read_many(r->mem, ranges, 2);
    if (rd != RD_OK)
        return rd;
    *ret = (struct repr_type){.address = address,
                              .metatype = metatype,
                              .flags = u64_at(bytes, AT_FLAGS),
                              .basic_bytes = u64_at(bytes, AT_BASICSIZE),
                              .members = u64_at(bytes, AT_MEMBERS),
                              .base = u64_at(bytes, AT_BASE),
                              .dict = u64_at(bytes, AT_DICT)};
    return read_name(r, u64_at(bytes, 0), ret->name);
}

/* A class of the user's may be called "int" too; a type of an extension may be on the heap. */
static repr_write *writer_of(const struct repr_type *type)
{
    bool plain = !(type->flags & TYPE_IS_HEAP);
    if (repr_numpy_knows(type->name))
        return repr_numpy_scalar;
    for (size_t i = 0; i < sizeof(writers) / sizeof(*writers); i++)
        if (strcmp(type->name, writers[i].name) == 0 && (plain || strchr(type->name, '.')))
            return writers[i].write;
    return NULL;
}

const struct repr_type *repr_type_at(struct repr *r, uint64_t address)
{
    uint32_t i;
    if (map_find(&r->types_by_address, address, &i))
        return vec_at(&r->types, i);
    struct repr_type type;
    if (read_type(r, address, &type) != RD_OK)
        return NULL;
    type.write = writer_of(&type);
    uint64_t base = type.base;
    for (int n = 0; !type.write && base && n < ANCESTORS_MAX; n++) {
        struct repr_type ancestor;
        if (read_type(r, base, &ancestor) != RD_OK)
            break;
        type.write = writer_of(&ancestor);
        type.inherited = true;
        base = ancestor.base;
    }
    if (r->types.len == TYPES_MAX)
        repr_forget(r);
    map_put(&r->types_by_address, address, (uint32_t)r->types.len);
    struct repr_type *kept = vec_push(&r->types);
    *kept = type;
    return kept;
}

const struct repr_type *repr_type_of(struct repr *r, uint64_t object)
{
    uint64_t type;
    if (mem_read_u64(r->mem, object + r->layout->object_type, &type) != RD_OK)
        return NULL;
    return repr_type_at(r, type);
}

const char *repr_type_short(const struct repr_type *type)
{
    const char *dot = strrchr(type->name, '.');
    return dot && dot[1] ? dot + 1 : type->name;
}

enum rd repr_word(struct repr *r, uint64_t object, unsigned word, uint64_t *ret_value)
{
    return mem_read_u64(r->mem, object + r->layout->object_bytes + 8 * (uint64_t)word, ret_value);
}

void repr_put_opaque(struct repr *r, uint64_t object, const struct repr_type *type)
{
    repr_put(r, "<");
    if (repr_put_class_name(r, type) != RD_OK)
        repr_put(r, type->name);
    repr_printf(r, " at 0x%llx", (unsigned long long)object);
    repr_close(r, ">");
}

bool repr_enter(struct repr *r, uint64_t object, const char *open, const char *close)
{
    bool circle = false;
    for (unsigned i = 0; i < r->depth; i++)
        circle |= r->path[i] == object;
    repr_put(r, open);
    if (!circle && r->depth < REPR_DEPTH_MAX) {
        r->path[r->depth++] = object;
        return true;
    }
    /* A circle is all that there is to say, as in Python. */
    bool cut = r->cut;
    repr_left_out(r);
    r->cut = cut || !circle;
    repr_close(r, close);
    return false;
}

void repr_leave(struct repr *r, const char *close)
{
    r->depth--;
    repr_close(r, close);
}

bool repr_next(struct repr *r, bool *first)
{
    if (!*first)
        repr_put(r, ", ");
    *first = false;
    if (!repr_full(r) && r->objects_left)
        return true;
    repr_left_out(r);
    return false;
}

static void remember(struct repr *r, const struct repr_type *type)
{
    uint32_t i;
    if (map_find(&r->types_by_address, type->address, &i))
        *(struct repr_type *)vec_at(&r->types, i) = *type;
}

void repr_put_object(struct repr *r, uint64_t object)
{
    if (repr_full(r) || !r->objects_left) {
        repr_left_out(r);
        return;
    }
    r->objects_left--;
    const struct repr_type *found = repr_type_of(r, object);
    if (!found) {
        repr_close(r, "<unreadable>");
        return;
    }
    struct repr_type type = *found; /* what follows may read other types */
    size_t before = r->text->len, left = r->left;
    bool own = !type.write || type.inherited; /* the class may say how */
    own = own && type.flags & TYPE_IS_HEAP;
    if (own && !type.asked) {
        repr_ask_class(r, &type);
        remember(r, &type);
    }
    if (own && repr_instance(r, object, &type))
        return;
    /* These say the name of the class themselves. */
    bool named = type.write == repr_exception || type.write == repr_type_object ||
                 type.write == repr_numpy_scalar || type.write == repr_numpy_array;
    bool wrapped = type.inherited && !named;
    if (type.write && wrapped)
        repr_printf(r, "%s(", repr_type_short(&type));
    if (type.write && type.write(r, object, &type) == RD_OK) {
        if (wrapped)
            repr_close(r, ")");
        return;
    }
    if (r->text->data)
        r->text->data[r->text->len = before] = '\0';
    r->left = left;
    if (type.write)
        repr_close(r, "<unreadable>");
    else
        repr_put_opaque(r, object, &type);
}

bool repr_object(struct repr *r, uint64_t object, size_t chars_max, struct str *ret_text)
{
    r->text = ret_text;
    r->left = chars_max;
    r->cut = false;
    r->objects_left = REPR_OBJECTS_MAX;
    r->entries_left = REPR_ENTRIES_MAX;
    r->depth = 0;
    repr_put_object(r, object);
    return r->cut;
}
