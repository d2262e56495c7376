/* Functions of ours that a program calls as if they were Python's own. */
#ifndef HEATLINE_AGENT_BUILTIN_H
#define HEATLINE_AGENT_BUILTIN_H

#include <sys/types.h>

#include "model/event.h"

/* Include/methodobject.h: PyMethodDef, for METH_VARARGS | METH_KEYWORDS. */
struct builtin {
    const char *name;
    void *(*function)(void *self, void *args, void *keywords);
    int flags;
    const char *doc;
};

enum { BUILTIN_FLAGS = 1 | 2 };

/* A new reference; NULL with an error set. `builtin` must stay. */
void *builtin_new(const struct builtin *builtin);

/* MODULE.NAME; imports it. A new reference; NULL with no error set. */
void *builtin_find(const char *module, const char *name);

/* The i-th of the arguments, or of any sequence that keeps it: a str, {NULL, 0} with an error set; it lives as long as
 * `args`. An int, 0 with an error set. */
struct text builtin_text(void *args, ssize_t i);
long builtin_number(void *args, ssize_t i);

/* None, a new reference. */
void *builtin_none(void);

#endif
