/* Functions of ours that a program calls as if they were Python's own. */
#ifndef HEATLINE_AGENT_BUILTIN_H
#define HEATLINE_AGENT_BUILTIN_H

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

#endif
