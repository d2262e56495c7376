/* Knows datetime's objects: Include/datetime.h. Behind the header come the hash (8 bytes), a flag
 * that tells of a time zone (1), then big-endian fields; timedelta has three ints instead. */
#include <string.h>

#include "cpython/repr_parts.h"

enum {
    AT_HAS_ZONE = 8,
    AT_FIELDS = 9,
    DATE_BYTES = 4,
    TIME_BYTES = 6,
    DATETIME_BYTES = DATE_BYTES + TIME_BYTES,
    ZONE_ALIGNMENT = 8,
};

struct fields {
    uint8_t has_zone, bytes[DATETIME_BYTES];
};

static enum rd fields_read(struct repr *r, uint64_t object, size_t count, struct fields *ret)
{
    uint64_t at = object + r->layout->object_bytes;
    enum rd rd = mem_read(r->mem, at + AT_HAS_ZONE, &ret->has_zone, 1);
    return rd == RD_OK ? mem_read(r->mem, at + AT_FIELDS, ret->bytes, count) : rd;
}

static void put_date(struct repr *r, const uint8_t *bytes)
{
    repr_printf(r, "%d, %d, %d", bytes[0] << 8 | bytes[1], bytes[2], bytes[3]);
}

/* Seconds and what is smaller are left out where they are 0, as Python does. */
static void put_time(struct repr *r, const uint8_t *bytes)
{
    int micros = bytes[3] << 16 | bytes[4] << 8 | bytes[5];
    repr_printf(r, "%d, %d", bytes[0], bytes[1]);
    if (bytes[2] || micros)
        repr_printf(r, ", %d", bytes[2]);
    if (micros)
        repr_printf(r, ", %d", micros);
}

/* After the fields one byte `fold`, then the zone. */
static void put_zone(struct repr *r, uint64_t object, size_t count, const struct fields *fields)
{
    uint64_t at = r->layout->object_bytes + AT_FIELDS + count + 1, zone;
    at = (at + ZONE_ALIGNMENT - 1) / ZONE_ALIGNMENT * ZONE_ALIGNMENT;
    uint8_t fold;
    if (mem_read(r->mem, object + r->layout->object_bytes + AT_FIELDS + count, &fold, 1) == RD_OK &&
        fold == 1)
        repr_put(r, ", fold=1");
    if (!fields->has_zone || mem_read_u64(r->mem, object + at, &zone) != RD_OK)
        return;
    repr_put(r, ", tzinfo=");
    repr_put_object(r, zone);
}

static void open_call(struct repr *r, const struct repr_type *type, const char *name)
{
    if (!type->inherited)
        repr_printf(r, "datetime.%s(", name);
}

static void close_call(struct repr *r, const struct repr_type *type)
{
    if (!type->inherited)
        repr_close(r, ")");
}

enum rd repr_date(struct repr *r, uint64_t object, const struct repr_type *type)
{
    struct fields fields;
    enum rd rd = fields_read(r, object, DATE_BYTES, &fields);
    if (rd != RD_OK)
        return rd;
    open_call(r, type, "date");
    put_date(r, fields.bytes);
    close_call(r, type);
    return RD_OK;
}

enum rd repr_time(struct repr *r, uint64_t object, const struct repr_type *type)
{
    struct fields fields;
    enum rd rd = fields_read(r, object, TIME_BYTES, &fields);
    if (rd != RD_OK)
        return rd;
    open_call(r, type, "time");
    put_time(r, fields.bytes);
    put_zone(r, object, TIME_BYTES, &fields);
    close_call(r, type);
    return RD_OK;
}

enum rd repr_datetime(struct repr *r, uint64_t object, const struct repr_type *type)
{
    struct fields fields;
    enum rd rd = fields_read(r, object, DATETIME_BYTES, &fields);
    if (rd != RD_OK)
        return rd;
    open_call(r, type, "datetime");
    put_date(r, fields.bytes);
    repr_put(r, ", ");
    put_time(r, fields.bytes + DATE_BYTES);
    put_zone(r, object, DATETIME_BYTES, &fields);
    close_call(r, type);
    return RD_OK;
}

enum rd repr_timedelta(struct repr *r, uint64_t object, const struct repr_type *type)
{
    static const char *const names[] = {"days", "seconds", "microseconds"};
    int32_t parts[3];
    const char *between = "";
    enum rd rd = mem_read(r->mem, object + r->layout->object_bytes + 8, parts, sizeof(parts));
    if (rd != RD_OK)
        return rd;
    open_call(r, type, "timedelta");
    for (int i = 0; i < 3; i++)
        if (parts[i]) {
            repr_printf(r, "%s%s=%d", between, names[i], parts[i]);
            between = ", ";
        }
    if (!*between)
        repr_put(r, "0");
    close_call(r, type);
    return RD_OK;
}
