/* Knows where instances of Python classes keep their attributes, and the classes that are written in
 * a way of their own: enums, dataclasses, named tuples. */
#include <string.h>

#include "cpython/repr_parts.h"

enum {
    MEMBERS_MAX = 256, /* of one class */
    BASES_MAX = 64,
    MEMBER_OBJECT = 6, /* Include/descrobject.h */
    MEMBER_OBJECT_EX = 16,
    FIELDS_MAX = 256,
    NAME_BYTES_MAX = 64,
};

struct member { /* PyMemberDef */
    uint64_t name_at;
    uint32_t type, padding;
    uint64_t offset, flags, doc;
};

/* Reads a C string; false if it is none that fits. */
static bool text_read(struct repr *r, uint64_t address, char *ret_text, size_t cap_bytes)
{
    for (size_t i = 0; i < cap_bytes; i++) {
        if (mem_read(r->mem, address + i, &ret_text[i], 1) != RD_OK)
            return false;
        if (ret_text[i] == '\0')
            return i > 0;
        if ((unsigned char)ret_text[i] <= ' ')
            return false;
    }
    return false;
}

/* Calls for each slot of this class that is bound. False: `each` wants no more. */
typedef bool slots_each(void *context, const char *name, uint64_t value);

static bool slots_of(struct repr *r, uint64_t object, uint64_t members, slots_each *each,
                     void *context)
{
    for (int i = 0; i < MEMBERS_MAX; i++) {
        struct member member;
        char name[NAME_BYTES_MAX];
        uint64_t value;
        if (mem_read(r->mem, members + (uint64_t)i * sizeof(member), &member, sizeof(member)) !=
                RD_OK ||
            !member.name_at)
            return true;
        if ((member.type != MEMBER_OBJECT && member.type != MEMBER_OBJECT_EX) ||
            member.offset > LAYOUT_OFFSET_MAX || !text_read(r, member.name_at, name, sizeof(name)))
            continue;
        if (mem_read_u64(r->mem, object + member.offset, &value) == RD_OK && value &&
            !each(context, name, value))
            return false;
    }
    return true;
}

/* The outermost base's first. */
static void slots(struct repr *r, uint64_t object, const struct repr_type *type, slots_each *each,
                  void *context)
{
    uint64_t members[BASES_MAX];
    size_t count = 0;
    while (type && type->flags & TYPE_IS_HEAP && count < BASES_MAX) {
        members[count++] = type->members;
        type = type->base ? repr_type_at(r, type->base) : NULL;
    }
    while (count-- > 0)
        if (members[count] && !slots_of(r, object, members[count], each, context))
            return;
}

struct wanted {
    const char *name;
    uint64_t value;
};

static bool is_wanted(void *context, const char *name, uint64_t value)
{
    struct wanted *wanted = context;
    if (strcmp(name, wanted->name) != 0)
        return true;
    wanted->value = value;
    return false;
}

/* 0 if the instance has none of that name. */
static uint64_t attribute(struct repr *r, uint64_t object, const char *name)
{
    struct wanted wanted = {name, 0};
    const struct repr_type *type = repr_type_of(r, object);
    if (!type)
        return 0;
    struct repr_type copy = *type;
    slots(r, object, &copy, is_wanted, &wanted);
    if (!wanted.value && object_attribute(r->mem, r->layout, object, name, &wanted.value) != RD_OK)
        return 0;
    return wanted.value;
}

/* `name=value`, after a blank or a comma. */
struct writer {
    struct repr *r;
    const char *between;
    size_t count;
};

static bool put_attribute(void *context, const char *name, uint64_t value)
{
    struct writer *w = context;
    struct repr *r = w->r;
    repr_put(r, w->between);
    if (repr_full(r) || !r->objects_left) {
        repr_left_out(r);
        return false;
    }
    w->count++;
    repr_put(r, name);
    repr_put(r, "=");
    repr_put_object(r, value);
    return true;
}

static bool put_entry(void *context, uint64_t key, uint64_t value)
{
    struct writer *w = context;
    struct str name = STR_EMPTY;
    enum rd rd = object_str(w->r->mem, w->r->layout, key, &name);
    bool more = true;
    if (rd == RD_OK && name.len && name.len <= NAME_BYTES_MAX && (unsigned char)name.data[0] > ' ')
        more = put_attribute(w, name.data, value);
    str_release(&name);
    return more;
}

static bool put_attributes(struct repr *r, uint64_t object, const struct repr_type *type)
{
    struct writer w = {r, " ", 0};
    char open[REPR_TYPE_NAME_MAX + 1] = "<";
    strcat(open, repr_type_short(type));
    size_t before = r->text->len, left = r->left;
    bool cut = r->cut;
    if (!repr_enter(r, object, open, ">"))
        return true;
    slots(r, object, type, put_attribute, &w);
    object_attributes(r->mem, r->layout, object, put_entry, &w);
    repr_leave(r, ">");
    if (w.count || r->cut != cut)
        return true;
    r->text->data[r->text->len = before] = '\0';
    r->left = left;
    return false; /* nothing to tell: where it is, at least */
}

/* Keeps the keys of a dict. */
struct keys {
    uint64_t at[FIELDS_MAX], values[FIELDS_MAX];
    size_t count;
};

static bool keep_key(void *context, uint64_t key, uint64_t value)
{
    struct keys *keys = context;
    keys->at[keys->count] = key;
    keys->values[keys->count++] = value;
    return keys->count < FIELDS_MAX;
}

static bool is_false(struct repr *r, uint64_t object)
{
    const struct repr_type *type = object ? repr_type_of(r, object) : NULL;
    int64_t value = 1;
    return type && type->write == repr_bool &&
           object_int(r->mem, r->layout, object, &value) == RD_OK && value == 0;
}

static void put_qualified_name(struct repr *r, const struct repr_type *type)
{
    uint64_t at;
    struct str name = STR_EMPTY;
    bool known =
        mem_read_u64(r->mem, type->address + object_type_keys(r->layout) - 8, &at) == RD_OK &&
        object_str(r->mem, r->layout, at, &name) == RD_OK && name.len;
    repr_put(r, known ? name.data : type->name);
    str_release(&name);
}

static bool put_dataclass(struct repr *r, uint64_t object, const struct repr_type *type,
                          uint64_t fields)
{
    struct keys keys = {.count = 0};
    struct writer w = {r, "", 0};
    if (object_dict(r->mem, r->layout, fields, keep_key, &keys) != RD_OK)
        return false;
    put_qualified_name(r, type);
    if (!repr_enter(r, object, "(", ")"))
        return true;
    bool more = true;
    for (size_t i = 0; i < keys.count && more; i++) {
        struct str name = STR_EMPTY;
        uint64_t value = 0;
        if (object_str(r->mem, r->layout, keys.at[i], &name) == RD_OK && name.len &&
            !is_false(r, attribute(r, keys.values[i], "repr")))
            value = attribute(r, object, name.data);
        if (value) {
            more = put_attribute(&w, name.data, value);
            w.between = ", ";
        }
        str_release(&name);
    }
    repr_leave(r, ")");
    return true;
}

static bool put_named_tuple(struct repr *r, uint64_t object, const struct repr_type *type,
                            uint64_t fields)
{
    const struct repr_type *kind = repr_type_of(r, fields);
    struct writer w = {r, "", 0};
    uint64_t count, names;
    if (!kind || !(kind->flags & TYPE_IS_TUPLE) || repr_word(r, object, 0, &count) != RD_OK ||
        repr_word(r, fields, 0, &names) != RD_OK || names != count)
        return false;
    repr_put(r, repr_type_short(type));
    if (!repr_enter(r, object, "(", ")"))
        return true;
    bool more = true;
    for (uint64_t i = 0; i < count && more; i++) {
        uint64_t name_at, value;
        struct str name = STR_EMPTY;
        const uint64_t offset = r->layout->tuple_items + 8 * i;
        more = mem_read_u64(r->mem, fields + offset, &name_at) == RD_OK &&
               mem_read_u64(r->mem, object + offset, &value) == RD_OK &&
               object_str(r->mem, r->layout, name_at, &name) == RD_OK && name.len &&
               put_attribute(&w, name.data, value);
        w.between = ", ";
        str_release(&name);
    }
    repr_leave(r, ")");
    return true;
}

static bool is_enum(struct repr *r, const struct repr_type *type)
{
    const struct repr_type *meta = repr_type_at(r, type->metatype);
    return meta && (strcmp(meta->name, "EnumType") == 0 || strcmp(meta->name, "EnumMeta") == 0);
}

/* <Color.RED: 1> */
static bool put_enum(struct repr *r, uint64_t object, const struct repr_type *type)
{
    uint64_t name_at = attribute(r, object, "_name_"), value = attribute(r, object, "_value_");
    struct str name = STR_EMPTY;
    const struct repr_type *kind = name_at ? repr_type_of(r, name_at) : NULL;
    bool named = kind && kind->flags & TYPE_IS_STR &&
                 object_str(r->mem, r->layout, name_at, &name) == RD_OK && name.len;
    if (value && repr_enter(r, object, "<", ">")) {
        repr_put(r, repr_type_short(type));
        repr_put(r, named ? "." : "");
        repr_put(r, named ? name.data : "");
        repr_put(r, ": ");
        repr_put_object(r, value);
        repr_leave(r, ">");
    }
    str_release(&name);
    return value != 0;
}

void repr_ask_class(struct repr *r, struct repr_type *type)
{
    const char *name = type->flags & TYPE_IS_TUPLE ? "_fields" : "__dataclass_fields__";
    type->asked = true;
    if (type->flags & TYPE_IS_TUPLE || !type->write)
        object_dict_get(r->mem, r->layout, type->dict, name, &type->fields);
    type->is_enum = is_enum(r, type);
}

bool repr_instance(struct repr *r, uint64_t object, const struct repr_type *type)
{
    if (type->is_enum && put_enum(r, object, type))
        return true;
    if (type->fields && type->flags & TYPE_IS_TUPLE)
        return put_named_tuple(r, object, type, type->fields);
    if (type->fields && put_dataclass(r, object, type, type->fields))
        return true;
    return !type->write && put_attributes(r, object, type);
}
