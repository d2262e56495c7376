/* Knows which types can be read without running anything; not where values come from. */
#include "agent/value.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/pyapi.h"
#include "agent/repr.h"

enum {
    DEPTH_MAX = 3,
    ITEMS_MAX = 16,
    CHARACTERS_MAX = 200,
    ITEMS_COPIED_MAX = 1024,                    /* of a dict, where it cannot be read in place */
    SCALAR_BYTES_MAX = CHARACTERS_MAX * 6 + 64, /* "\u001f…" */
    RESERVED_BYTES = 64,                        /* for what closes containers */
};

bool value_has_room(const struct value_text *t)
{
    return sizeof(t->data) - t->len >= SCALAR_BYTES_MAX + RESERVED_BYTES;
}

void value_put_char(struct value_text *t, char c)
{
    if (t->len < sizeof(t->data))
        t->data[t->len++] = c;
}

static void put(struct value_text *t, const char *text)
{
    while (*text)
        value_put_char(t, *text++);
}

static void put_escaped(struct value_text *t, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        char escape[8];
        if (c == '"' || c == '\\')
            value_put_char(t, '\\');
        if (c >= ' ') {
            value_put_char(t, (char)c);
            continue;
        }
        snprintf(escape, sizeof(escape), "\\u%04x", c);
        put(t, escape);
    }
}

void value_put_text(struct value_text *t, const char *text, size_t len)
{
    value_put_char(t, '"');
    put_escaped(t, text, len);
    value_put_char(t, '"');
}

/* Of a str, or of what was made of one. */
static void put_str(struct value_text *t, void *text)
{
    ssize_t length = py.PyUnicode_GetLength(text), len;
    char *data;
    /* The whole text would keep its UTF-8 for good, once asked for. */
    void *part = py.PyUnicode_Substring(text, 0, CHARACTERS_MAX);
    void *bytes = part ? py.PyUnicode_AsEncodedString(part, "utf-8", "backslashreplace") : NULL;
    value_put_char(t, '"');
    if (bytes && py.PyBytes_AsStringAndSize(bytes, &data, &len) == 0)
        put_escaped(t, data, (size_t)len < SCALAR_BYTES_MAX ? (size_t)len : 0);
    if (length > CHARACTERS_MAX)
        put(t, "…");
    value_put_char(t, '"');
    if (bytes)
        py.Py_DecRef(bytes);
    if (part)
        py.Py_DecRef(part);
}

static void put_int(struct value_text *t, void *number)
{
    char digits[32];
    int overflow;
    long long value = py.PyLong_AsLongLongAndOverflow(number, &overflow);
    if (!overflow) {
        snprintf(digits, sizeof(digits), "%lld", value);
        put(t, digits);
        return;
    }
    double size = py.PyLong_AsDouble(number); /* -1 with an error set when it is even larger */
    void *text =
        fabs(size) > 1e60 || size == -1 ? py.PyNumber_ToBase(number, 16) : py.PyObject_Str(number);
    py.PyErr_Clear();
    if (text) {
        put_str(t, text);
        py.Py_DecRef(text);
    } else {
        put(t, "null");
    }
}

/* As repr() has it: the C library's way would depend on the program's locale. */
static void put_float(struct value_text *t, double value)
{
    enum { ADD_DOT_0 = 2 }; /* Py_DTSF_ADD_DOT_0 */
    char *digits = py.PyOS_double_to_string(value, 'r', 0, ADD_DOT_0, NULL);
    bool number = digits && strpbrk(digits, ".e");
    if (!number)
        value_put_char(t, '"');
    put(t, digits ? digits : "");
    if (!number)
        value_put_char(t, '"'); /* inf, nan: not in JSON */
    if (digits)
        py.PyMem_Free(digits);
}

static void put_bytes(struct value_text *t, void *bytes)
{
    static const char hex[] = "0123456789abcdef";
    char *data;
    ssize_t len;
    if (py.PyBytes_AsStringAndSize(bytes, &data, &len))
        len = 0;
    put(t, "\"b'");
    for (ssize_t i = 0; i < len && i < CHARACTERS_MAX; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c == '"' || c == '\\' || c == '\'')
            put(t, c == '\'' ? "\\\\" : c == '"' ? "\\" : "\\\\\\");
        if (c >= ' ' && c < 127)
            value_put_char(t, (char)c);
        else
            put(t, (char[]){'\\', '\\', 'x', hex[c >> 4], hex[c & 15], '\0'});
    }
    put(t, len > CHARACTERS_MAX ? "'…\"" : "'\"");
}

static bool put_repr(struct value_text *t, void *object)
{
    char text[REPR_BYTES_MAX];
    size_t len = agent_config()->repr ? repr_of(object, text) : 0;
    if (len)
        value_put_text(t, text, len);
    return len;
}

static void put_other(struct value_text *t, void *object)
{
    char text[CHARACTERS_MAX];
    if (put_repr(t, object))
        return;
    void *type = pyapi_type(object);
    bool is_type = type == py.type_type;
    if (is_type)
        snprintf(text, sizeof(text), "<class %.150s>", pyapi_type_name(object));
    else
        snprintf(text, sizeof(text), "<%.150s object at %p>", pyapi_type_name(type), object);
    if (type == py.function_type || type == py.cfunction_type) {
        const char *name;
        ssize_t len;
        void *keeper = pyapi_text(object, "__qualname__", &name, &len);
        if (keeper) {
            snprintf(text, sizeof(text), "<function %.*s>", (int)(len < 150 ? len : 150), name);
            py.Py_DecRef(keeper);
        }
    }
    value_put_text(t, text, strlen(text));
}

/* Before an item; false: there have been enough. */
static bool next_item(struct value_text *t, ssize_t i, ssize_t count)
{
    if (i)
        put(t, ", ");
    if (i < ITEMS_MAX && value_has_room(t))
        return true;
    char text[48];
    snprintf(text, sizeof(text), "\"… %zd more\"", count - i);
    put(t, text);
    return false;
}

static void put_sequence(struct value_text *t, void *sequence)
{
    ssize_t count = py.PySequence_Size(sequence);
    value_put_char(t, '[');
    for (ssize_t i = 0; i < count && next_item(t, i, count); i++) {
        void *item = py.PySequence_GetItem(sequence, i);
        if (!item)
            break;
        value_put(t, item);
        py.Py_DecRef(item);
    }
    value_put_char(t, ']');
}

static void put_set(struct value_text *t, void *set)
{
    ssize_t count = py.PyObject_Size(set), i = 0;
    void *iterator = py.PyObject_GetIter(set), *item;
    value_put_char(t, '[');
    while (iterator && i < count && next_item(t, i, count) && (item = py.PyIter_Next(iterator))) {
        value_put(t, item);
        py.Py_DecRef(item);
        i++;
    }
    value_put_char(t, ']');
    if (iterator)
        py.Py_DecRef(iterator);
}

/* Keys of JSON are strings: of others, what they are as a value. */
static void put_key(struct value_text *t, void *key)
{
    struct value_text text = {.depth = DEPTH_MAX - 1};
    if (pyapi_type(key) == py.str_type) {
        put_str(t, key);
        return;
    }
    value_put(&text, key);
    bool quoted = text.len > 1 && text.data[0] == '"';
    if (quoted)
        for (size_t i = 0; i < text.len; i++)
            value_put_char(t, text.data[i]);
    else
        value_put_text(t, text.data, text.len);
}

static bool put_item(struct value_text *t, ssize_t i, ssize_t count, void *key, void *value)
{
    if (i)
        put(t, ", ");
    bool room = i < ITEMS_MAX && sizeof(t->data) - t->len >= 2 * SCALAR_BYTES_MAX + RESERVED_BYTES;
    if (!room) {
        char text[48];
        snprintf(text, sizeof(text), "\"…\": \"%zd more\"", count - i);
        put(t, text);
        return false;
    }
    put_key(t, key);
    put(t, ": ");
    value_put(t, value);
    return true;
}

/* Without a GIL the dict may change meanwhile, so that a copy is read. */
static void put_copied_items(struct value_text *t, void *dict, ssize_t count)
{
    void *items = count <= ITEMS_COPIED_MAX ? py.PyDict_Items(dict) : NULL;
    bool more = items != NULL;
    for (ssize_t i = 0; more && i < count; i++) {
        void *pair = py.PySequence_GetItem(items, i);
        void *key = pair ? py.PySequence_GetItem(pair, 0) : NULL;
        void *value = pair ? py.PySequence_GetItem(pair, 1) : NULL;
        more = key && value && put_item(t, i, count, key, value);
        if (key)
            py.Py_DecRef(key);
        if (value)
            py.Py_DecRef(value);
        if (pair)
            py.Py_DecRef(pair);
    }
    if (items)
        py.Py_DecRef(items);
}

static void put_dict(struct value_text *t, void *dict)
{
    ssize_t count = py.PyDict_Size(dict), place = 0, i = 0;
    void *key, *value;
    value_put_char(t, '{');
    if (py.free_threaded)
        put_copied_items(t, dict, count);
    else
        while (py.PyDict_Next(dict, &place, &key, &value) && put_item(t, i, count, key, value))
            i++;
    value_put_char(t, '}');
}

static void put_container(struct value_text *t, void *type, void *object)
{
    if (t->depth >= DEPTH_MAX) {
        put(t, type == py.dict_type ? "{\"…\": \"\"}" : "[\"…\"]");
        return;
    }
    t->depth++;
    if (type == py.dict_type)
        put_dict(t, object);
    else if (type == py.set_type || type == py.frozenset_type)
        put_set(t, object);
    else
        put_sequence(t, object);
    t->depth--;
}

void value_put(struct value_text *t, void *object)
{
    void *type = pyapi_type(object);
    if (object == py.none)
        put(t, "null");
    else if (type == py.bool_type)
        put(t, object == py.true_value ? "true" : "false");
    else if (type == py.int_type)
        put_int(t, object);
    else if (type == py.float_type)
        put_float(t, py.PyFloat_AsDouble(object));
    else if (type == py.str_type)
        put_str(t, object);
    else if (type == py.bytes_type)
        put_bytes(t, object);
    else if (type == py.list_type || type == py.tuple_type || type == py.dict_type ||
             type == py.set_type || type == py.frozenset_type)
        put_container(t, type, object);
    else
        put_other(t, object);
}
