/* Knows numpy's scalars, which hold their value right behind the header, and the header of its
 * arrays (numpy/ndarraytypes.h: PyArrayObject_fields). Written as numpy 2 does, whatever its version. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpython/repr_parts.h"

enum { DIMENSIONS_MAX = 64, TEXT_BYTES = 64 };

static const struct scalar {
    const char *name; /* after "numpy." */
    char kind;        /* b bool, i int, u unsigned, f float, c complex, s str, S bytes */
    uint8_t bytes;
} scalars[] = {
    {"bool", 'b', 1},       {"bool_", 'b', 1},       {"int8", 'i', 1},      {"int16", 'i', 2},
    {"int32", 'i', 4},      {"int64", 'i', 8},       {"intc", 'i', 4},      {"longlong", 'i', 8},
    {"uint8", 'u', 1},      {"uint16", 'u', 2},      {"uint32", 'u', 4},    {"uint64", 'u', 8},
    {"uintc", 'u', 4},      {"ulonglong", 'u', 8},   {"float16", 'f', 2},   {"float32", 'f', 4},
    {"float64", 'f', 8},    {"longdouble", 'f', 16}, {"float128", 'f', 16}, {"complex64", 'c', 4},
    {"complex128", 'c', 8}, {"str_", 's', 0},        {"bytes_", 'S', 0},
};

static const struct scalar *scalar_named(const char *type_name)
{
    static const char prefix[] = "numpy.";
    if (strncmp(type_name, prefix, sizeof(prefix) - 1) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof(scalars) / sizeof(*scalars); i++)
        if (strcmp(type_name + sizeof(prefix) - 1, scalars[i].name) == 0)
            return &scalars[i];
    return NULL;
}

bool repr_numpy_knows(const char *type_name)
{
    return scalar_named(type_name) != NULL;
}

static double half(uint16_t bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double value = exponent == 31  ? fraction ? NAN : INFINITY
                   : exponent == 0 ? ldexp(fraction, -24)
                                   : ldexp(fraction + 1024, exponent - 25);
    return bits >> 15 ? -value : value;
}

/* As long as the C type of the target is ours, which the machine's ABI says. */
static void put_long_double(struct repr *r, long double value)
{
    char text[TEXT_BYTES];
    for (int precision = 1; precision <= 36; precision++) {
        snprintf(text, sizeof(text), "%.*Lg", precision, value);
        if (strtold(text, NULL) == value)
            break;
    }
    repr_printf(r, "'%s%s'", text, strpbrk(text, ".en") ? "" : ".0");
}

/* The fewest digits that no other number of that half precision is nearer to. */
static void put_half(struct repr *r, uint16_t bits)
{
    char text[TEXT_BYTES];
    double value = half(bits);
    if (!isfinite(value)) {
        repr_double(r, value, true, false);
        return;
    }
    double above = half((uint16_t)(bits + 1)),
           below = bits & 0x7fff ? half((uint16_t)(bits - 1)) : 0;
    double gap = fmin(fabs(above - value), fabs(value - below));
    if (gap == 0)
        gap = fabs(above - value);
    for (int precision = 0; precision < 17; precision++) {
        snprintf(text, sizeof(text), "%.*e", precision, value);
        if (fabs(strtod(text, NULL) - value) < gap / 2)
            break;
    }
    repr_double(r, strtod(text, NULL), true, false);
}

static void put_float(struct repr *r, const uint8_t *bytes, size_t len_bytes, bool point)
{
    double value;
    float single;
    uint16_t bits;
    long double extended;
    switch (len_bytes) {
    case 2:
        memcpy(&bits, bytes, sizeof(bits));
        put_half(r, bits);
        return;
    case 4:
        memcpy(&single, bytes, sizeof(single));
        repr_double(r, (double)single, point, true);
        return;
    case 8:
        memcpy(&value, bytes, sizeof(value));
        repr_double(r, value, point, false);
        return;
    default:
        memcpy(&extended, bytes, sizeof(extended));
        put_long_double(r, extended);
    }
}

static void put_integer(struct repr *r, const uint8_t *bytes, size_t len_bytes, bool with_sign)
{
    uint64_t value = 0;
    memcpy(&value, bytes, len_bytes);
    unsigned shift = 64 - 8 * (unsigned)len_bytes;
    if (with_sign)
        repr_printf(r, "%lld", (long long)((int64_t)(value << shift) >> shift));
    else
        repr_printf(r, "%llu", (unsigned long long)value);
}

static void put_complex(struct repr *r, const uint8_t *bytes, size_t part_bytes)
{
    bool negative = bytes[2 * part_bytes - 1] & 0x80;
    bool imaginary_only = true;
    for (size_t i = 0; i < part_bytes; i++)
        imaginary_only &= bytes[i] == 0;
    if (!imaginary_only) {
        put_float(r, bytes, part_bytes, false);
        repr_put(r, negative ? "" : "+");
    }
    put_float(r, bytes + part_bytes, part_bytes, false);
    repr_put(r, "j");
}

enum rd repr_numpy_scalar(struct repr *r, uint64_t object, const struct repr_type *type)
{
    const struct scalar *scalar = scalar_named(type->name);
    uint8_t bytes[2 * sizeof(double)] = {0};
    if (!scalar) /* a subclass of the user's */
        return RD_TORN;
    size_t len_bytes = scalar->bytes * (scalar->kind == 'c' ? 2u : 1u);
    enum rd rd = mem_read(r->mem, object + r->layout->object_bytes, bytes, len_bytes);
    if (rd != RD_OK)
        return rd;
    if (scalar->kind == 'b') {
        repr_put(r, bytes[0] ? "np.True_" : "np.False_");
        return RD_OK;
    }
    /* numpy 1 calls it by its size. */
    repr_printf(r, "np.%s(", scalar->bytes == 16 ? "longdouble" : scalar->name);
    if (scalar->kind == 's')
        rd = repr_str(r, object, type);
    else if (scalar->kind == 'S')
        rd = repr_bytes(r, object, type);
    else if (scalar->kind == 'f')
        put_float(r, bytes, len_bytes, true);
    else if (scalar->kind == 'c')
        put_complex(r, bytes, scalar->bytes);
    else
        put_integer(r, bytes, len_bytes, scalar->kind == 'i');
    repr_close(r, ")");
    return rd;
}

/* Behind the header: data, nd, dimensions, strides, base, descr; behind descr's: the scalar's
 * type. */
enum rd repr_numpy_array(struct repr *r, uint64_t object, const struct repr_type *type)
{
    uint64_t count, sizes_at, descr, scalar;
    int64_t sizes[DIMENSIONS_MAX];
    enum rd rd = repr_word(r, object, 1, &count);
    if (rd == RD_OK)
        rd = repr_word(r, object, 2, &sizes_at);
    if (rd == RD_OK)
        rd = repr_word(r, object, 5, &descr);
    if (rd == RD_OK)
        rd = repr_word(r, descr, 0, &scalar);
    count = (uint32_t)count; /* an int */
    if (rd == RD_OK && count > DIMENSIONS_MAX)
        rd = RD_TORN;
    if (rd == RD_OK)
        rd = mem_read(r->mem, sizes_at, sizes, count * sizeof(*sizes));
    if (rd != RD_OK)
        return rd;
    repr_printf(r, "<%s shape=(", type->name);
    for (uint64_t i = 0; i < count; i++)
        repr_printf(r, "%s%lld", i ? ", " : "", (long long)sizes[i]);
    const struct repr_type *kind = repr_type_at(r, scalar);
    const char *name = kind ? repr_type_short(kind) : "?";
    repr_printf(r, "%s) dtype=%.*s", count == 1 ? "," : "", (int)strcspn(name, "_"), name);
    repr_close(r, ">");
    return RD_OK;
}
