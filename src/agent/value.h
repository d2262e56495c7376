/* A Python value as JSON, with nothing of the program run for it: builtin types by what they hold, up to some depth,
 * length and number of items, all others by the name of their type. With the GIL; changes no error that is set, unless to
 * none. */
#ifndef HEATLINE_AGENT_VALUE_H
#define HEATLINE_AGENT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { VALUE_BYTES_MAX = 8192 };

/* JSON that is being written; what finds no room is left out, so that it stays valid. */
struct value_text {
    size_t len;
    int depth; /* of containers */
    char data[VALUE_BYTES_MAX];
};

/* Is there room for one more value? */
bool value_has_room(const struct value_text *t);
void value_put_char(struct value_text *t, char c);
/* UTF-8, as a JSON string. */
void value_put_text(struct value_text *t, const char *text, size_t len);
void value_put(struct value_text *t, void *object);

#endif
