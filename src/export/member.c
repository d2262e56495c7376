/* Knows that a value follows its key. */
#include "export/member.h"

void member_object(struct json *j, const char *key)
{
    json_key(j, key);
    json_object(j);
}

void member_array(struct json *j, const char *key)
{
    json_key(j, key);
    json_array(j);
}

void member_text(struct json *j, const char *key, const char *text)
{
    json_key(j, key);
    json_text(j, text);
}

void member_uint(struct json *j, const char *key, uint64_t value)
{
    json_key(j, key);
    json_uint(j, value);
}

void member_int(struct json *j, const char *key, int64_t value)
{
    json_key(j, key);
    json_int(j, value);
}

void member_double(struct json *j, const char *key, double value, int decimals)
{
    json_key(j, key);
    json_double(j, value, decimals);
}

void member_bool(struct json *j, const char *key, bool value)
{
    json_key(j, key);
    json_bool(j, value);
}

void member_null(struct json *j, const char *key)
{
    json_key(j, key);
    json_null(j);
}
