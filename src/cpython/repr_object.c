/* Knows how Python writes its singletons and what programs are made of: classes, functions, modules,
 * exceptions. */
#include <stdio.h>
#include <string.h>

#include "cpython/repr_parts.h"

enum { NAME_BYTES_MAX = 256 };

enum rd repr_none(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)object, (void)type;
    repr_put(r, "None");
    return RD_OK;
}

enum rd repr_ellipsis(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)object, (void)type;
    repr_put(r, "Ellipsis");
    return RD_OK;
}

enum rd repr_not_implemented(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)object, (void)type;
    repr_put(r, "NotImplemented");
    return RD_OK;
}

/* A str as it is, without quotes; what cannot be printed stays out. */
static enum rd put_name(struct repr *r, uint64_t str)
{
    struct str name = STR_EMPTY;
    enum rd rd = object_str(r->mem, r->layout, str, &name);
    if (rd == RD_OK && name.len > NAME_BYTES_MAX)
        rd = RD_TORN;
    for (size_t i = 0; rd == RD_OK && i < name.len; i++)
        if ((unsigned char)name.data[i] < ' ')
            rd = RD_TORN;
    if (rd == RD_OK)
        repr_put(r, name.data ? name.data : "");
    str_release(&name);
    return rd;
}

/* Before the keys that instances share come ht_name, ht_slots and ht_qualname
 * (Include/cpython/object.h). */
enum rd repr_put_class_name(struct repr *r, const struct repr_type *class)
{
    uint64_t module = 0, name;
    if (!(class->flags & TYPE_IS_HEAP)) {
        repr_put(r, class->name);
        return RD_OK;
    }
    enum rd rd = mem_read_u64(r->mem, class->address + object_type_keys(r->layout) - 8, &name);
    if (rd == RD_OK)
        rd = object_dict_get(r->mem, r->layout, class->dict, "__module__", &module);
    const struct repr_type *kind = rd == RD_OK && module ? repr_type_of(r, module) : NULL;
    if (kind && kind->flags & TYPE_IS_STR) {
        size_t before = r->text->len;
        rd = put_name(r, module);
        if (rd == RD_OK && strcmp(r->text->data + before, "builtins") != 0)
            repr_put(r, ".");
        else if (rd == RD_OK)
            r->text->data[r->text->len = before] = '\0';
    }
    return rd == RD_OK ? put_name(r, name) : rd;
}

enum rd repr_type_object(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)type;
    const struct repr_type *found = repr_type_at(r, object);
    if (!found)
        return RD_TORN;
    struct repr_type class = *found;
    repr_put(r, class.name[0] ? "<class '" : "");
    enum rd rd = repr_put_class_name(r, &class);
    repr_close(r, "'>");
    return rd;
}

/* Function objects begin with code, globals, …, qualname as the twelfth (≤ 3.9), or with globals,
 * builtins, name, qualname (Include/cpython/funcobject.h). */
static enum rd function_name(struct repr *r, uint64_t function, uint64_t *ret_name)
{
    return repr_word(r, function, layout_minor(r->layout) <= 9 ? 11 : 3, ret_name);
}

enum rd repr_function(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)type;
    uint64_t name;
    enum rd rd = function_name(r, object, &name);
    repr_put(r, "<function ");
    if (rd == RD_OK)
        rd = put_name(r, name);
    repr_printf(r, " at 0x%llx", (unsigned long long)object);
    repr_close(r, ">");
    return rd;
}

/* Behind the header: PyMethodDef, whose first field is the name. */
enum rd repr_builtin(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)type;
    uint64_t definition, name_at;
    char name[REPR_TYPE_NAME_MAX] = "";
    enum rd rd = repr_word(r, object, 0, &definition);
    if (rd == RD_OK)
        rd = mem_read_u64(r->mem, definition, &name_at);
    for (size_t i = 0; rd == RD_OK && i < sizeof(name) - 1; i++) {
        rd = mem_read(r->mem, name_at + i, &name[i], 1);
        if (name[i] == '\0')
            break;
        if (rd == RD_OK && ((unsigned char)name[i] < ' ' || (unsigned char)name[i] > '~'))
            rd = RD_TORN;
    }
    if (rd == RD_OK) {
        repr_printf(r, "<built-in function %s", name);
        repr_close(r, ">");
    }
    return rd;
}

enum rd repr_method(struct repr *r, uint64_t object, const struct repr_type *type)
{
    uint64_t function, self, name;
    enum rd rd = repr_word(r, object, 0, &function);
    if (rd == RD_OK)
        rd = repr_word(r, object, 1, &self);
    const struct repr_type *kind = rd == RD_OK ? repr_type_of(r, function) : NULL;
    if (!kind || kind->write != repr_function || kind->inherited) {
        repr_put_opaque(r, object, type);
        return rd;
    }
    rd = function_name(r, function, &name);
    repr_put(r, "<bound method ");
    if (rd == RD_OK)
        rd = put_name(r, name);
    repr_put(r, " of ");
    repr_put_object(r, self);
    repr_close(r, ">");
    return rd;
}

enum rd repr_module(struct repr *r, uint64_t object, const struct repr_type *type)
{
    (void)type;
    uint64_t dict, name = 0;
    enum rd rd = repr_word(r, object, 0, &dict);
    if (rd == RD_OK)
        rd = object_dict_get(r->mem, r->layout, dict, "__name__", &name);
    repr_put(r, "<module ");
    if (rd == RD_OK && name)
        repr_put_object(r, name);
    repr_close(r, ">");
    return rd;
}

/* Behind the header: dict, args. */
enum rd repr_exception(struct repr *r, uint64_t object, const struct repr_type *type)
{
    uint64_t args, count;
    enum rd rd = repr_word(r, object, 1, &args);
    const struct repr_type *kind = rd == RD_OK && args ? repr_type_of(r, args) : NULL;
    if (!kind || !(kind->flags & TYPE_IS_TUPLE))
        return RD_TORN;
    repr_put(r, repr_type_short(type));
    rd = repr_word(r, args, 0, &count);
    if (rd != RD_OK || !repr_enter(r, object, "(", ")"))
        return rd;
    bool first = true;
    for (uint64_t i = 0; i < count && repr_next(r, &first); i++) {
        uint64_t item;
        if (mem_read_u64(r->mem, args + r->layout->tuple_items + 8 * i, &item) != RD_OK)
            break;
        repr_put_object(r, item);
    }
    repr_leave(r, ")");
    return RD_OK;
}
