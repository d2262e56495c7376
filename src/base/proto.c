/* Protocol-buffer wire format: a key (field number and wire type) before each value. */
#include "base/proto.h"

#include <string.h>

#include "base/varint.h"

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2 };

static void proto_varint(struct str *message, uint64_t value)
{
    uint8_t bytes[VARINT_BYTES_MAX];
    str_add_bytes(message, bytes, varint_put(bytes, value));
}

static void proto_key(struct str *message, uint32_t field, enum wire wire)
{
    proto_varint(message, (uint64_t)field << 3 | wire);
}

void proto_uint(struct str *message, uint32_t field, uint64_t value)
{
    proto_key(message, field, WIRE_VARINT);
    proto_varint(message, value);
}

void proto_int(struct str *message, uint32_t field, int64_t value)
{
    proto_uint(message, field, (uint64_t)value);
}

void proto_double(struct str *message, uint32_t field, double value)
{
    uint64_t bits;
    uint8_t bytes[sizeof bits];
    memcpy(&bits, &value, sizeof bits);
    for (size_t i = 0; i < sizeof bits; i++)
        bytes[i] = (uint8_t)(bits >> 8 * i);
    proto_key(message, field, WIRE_FIXED64);
    str_add_bytes(message, bytes, sizeof bytes);
}

void proto_bytes(struct str *message, uint32_t field, const void *bytes, size_t len_bytes)
{
    proto_key(message, field, WIRE_BYTES);
    proto_varint(message, len_bytes);
    str_add_bytes(message, bytes, len_bytes);
}

void proto_text(struct str *message, uint32_t field, const char *text)
{
    proto_bytes(message, field, text, strlen(text));
}

void proto_packed(struct str *message, uint32_t field, const uint64_t *values, size_t count)
{
    uint8_t bytes[VARINT_BYTES_MAX];
    size_t len_bytes = 0;
    for (size_t i = 0; i < count; i++)
        len_bytes += varint_put(bytes, values[i]);
    proto_key(message, field, WIRE_BYTES);
    proto_varint(message, len_bytes);
    for (size_t i = 0; i < count; i++)
        proto_varint(message, values[i]);
}
