/* Members of JSON objects: a key and its value in one call. */
#ifndef HEATLINE_EXPORT_MEMBER_H
#define HEATLINE_EXPORT_MEMBER_H

#include "base/json.h"

void member_object(struct json *j, const char *key);
void member_array(struct json *j, const char *key);
void member_text(struct json *j, const char *key, const char *text);
void member_uint(struct json *j, const char *key, uint64_t value);
void member_int(struct json *j, const char *key, int64_t value);
void member_double(struct json *j, const char *key, double value, int decimals);
void member_bool(struct json *j, const char *key, bool value);
void member_null(struct json *j, const char *key);

#endif
