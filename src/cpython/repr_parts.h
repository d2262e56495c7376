/* What the writers of repr() share: repr.c dispatches to one of them by the object's type. */
#ifndef HEATLINE_CPYTHON_REPR_PARTS_H
#define HEATLINE_CPYTHON_REPR_PARTS_H

#include "cpython/objects.h"
#include "cpython/repr.h"

/* tp_flags (Include/object.h) */
enum { TYPE_IS_HEAP = 1 << 9, TYPE_IS_TUPLE = 1 << 26, TYPE_IS_STR = 1 << 28 };

struct repr_type;

/* Writes the object, or says that it cannot be read: what was written so far is taken back then.
 * `type` is the object's own. */
typedef enum rd repr_write(struct repr *r, uint64_t object, const struct repr_type *type);

struct repr_type {
    uint64_t address, metatype;
    char name[REPR_TYPE_NAME_MAX]; /* tp_name */
    uint64_t flags, basic_bytes, members, base, dict;
    repr_write *write; /* of the type itself or of its nearest ancestor that has one; or NULL */
    bool inherited;    /* `write` is an ancestor's */
    bool asked;        /* the following are known: */
    bool is_enum;
    uint64_t fields; /* of a named tuple or a dataclass, as the class lists them; or 0 */
};

/* Text, cut where there is no room left. */
void repr_put(struct repr *r, const char *text);
void repr_put_bytes(struct repr *r, const char *text, size_t len_bytes); /* ASCII */
void repr_put_character(struct repr *r, uint32_t character);
void repr_printf(struct repr *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Text that ends what has begun: never cut. */
void repr_close(struct repr *r, const char *text);
bool repr_full(const struct repr *r);
/* "...", once, however many containers lack their rest. */
void repr_left_out(struct repr *r);

/* NULL: none that can be read. Valid until the next call. */
const struct repr_type *repr_type_of(struct repr *r, uint64_t object);
const struct repr_type *repr_type_at(struct repr *r, uint64_t type);
/* What follows the last dot of tp_name. */
const char *repr_type_short(const struct repr_type *type);
/* A nested value. */
void repr_put_object(struct repr *r, uint64_t object);
/* A container begins: false if it is in itself or too deep, and "..." was written. */
bool repr_enter(struct repr *r, uint64_t object, const char *open, const char *close);
void repr_leave(struct repr *r, const char *close);
/* Between two items; false if there is room for no more: "..." was written. */
bool repr_next(struct repr *r, bool *first);
/* A field behind the object's header, in words. */
enum rd repr_word(struct repr *r, uint64_t object, unsigned word, uint64_t *ret_value);
/* module.qualified.name, as far as Python writes it */
enum rd repr_put_class_name(struct repr *r, const struct repr_type *class);
/* <type at 0x…> */
void repr_put_opaque(struct repr *r, uint64_t object, const struct repr_type *type);

/* Writers, a family a file. */
repr_write repr_int, repr_bool, repr_float, repr_complex;                /* repr_number.c */
void repr_double(struct repr *r, double value, bool point, bool single); /* point: 1.0, not 1 */
repr_write repr_str, repr_bytes, repr_bytearray;                         /* repr_text.c */
/* repr_container.c */
repr_write repr_list, repr_tuple, repr_dict, repr_set, repr_frozenset, repr_deque, repr_range,
    repr_slice, repr_mappingproxy;
/* repr_object.c */
repr_write repr_none, repr_ellipsis, repr_not_implemented, repr_type_object, repr_function,
    repr_builtin, repr_method, repr_module, repr_exception;
/* repr_instance.c: learns what a heap type says of its instances; then true if the class says how (an enum's member, a dataclass, a named tuple) or
 * the instance has attributes of its own. */
void repr_ask_class(struct repr *r, struct repr_type *type);
bool repr_instance(struct repr *r, uint64_t object, const struct repr_type *type);
/* repr_datetime.c, repr_numpy.c */
repr_write repr_date, repr_time, repr_datetime, repr_timedelta;
repr_write repr_numpy_scalar, repr_numpy_array;
bool repr_numpy_knows(const char *type_name); /* a scalar */

#endif
