/* Python's C API as far as it is needed, looked up at run time. Also what differs between versions in the head of an
 * object, and the addresses of types. */
#ifndef HEATLINE_AGENT_PYAPI_H
#define HEATLINE_AGENT_PYAPI_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct pyapi {
#define API(since, result, name, parameters) result(*name) parameters;
#define DATA(field, symbol) void *field; /* of exceptions: where the type is kept */
#include "agent/pyapi.def"
#undef API
#undef DATA
    /* Different names in different versions, or not everywhere. */
    ssize_t (*request_code_extra)(void (*free_extra)(void *extra));
    int (*set_code_extra)(void *code, ssize_t index, void *extra);
    void (*set_eval_frame)(void *interp, void *function); /* 3.9+ */
    void *(*get_eval_frame)(void *interp);                /* 3.9+ */
    void *(*interp_get)(void);
    /* 3.12 and later; `flags` 0: any thread of the interpreter makes it */
    int (*add_pending_call)(void *interp, int (*function)(void *), void *argument, int flags);
    void *(*current_thread)(void); /* NULL: none runs Python here */
    int (*set_profile)(void *tstate, int (*hook)(void *self, void *frame, int what, void *arg),
                       void *self);       /* 3.9+ */
    void *(*frame_get_code)(void *frame); /* 3.9+ */
    void *vectorcall_call;                /* 3.8: under another name, and not needed */
    void *eval_frame_default;
    int minor;          /* of 3.MINOR */
    bool free_threaded; /* an object's head has 32 bytes, not 16 */
};

extern struct pyapi py;

/* Is there a Python in this process that the agent knows? Looks everything up, once. */
bool pyapi_find(void);
/* The same for one that only the library knows that this address lies in: it was loaded with RTLD_LOCAL. */
bool pyapi_find_at(const void *address);

/* Of any object. */
static inline void *pyapi_type(const void *object)
{
    return *(void *const *)((const char *)object + (py.free_threaded ? 24 : 8));
}

/* What follows the head of an object. */
static inline const char *pyapi_body(const void *object)
{
    return (const char *)object + (py.free_threaded ? 32 : 16);
}

/* 3.12: is it never freed, as what is frozen into Python? */
static inline bool pyapi_is_immortal(const void *object)
{
    return *(const uint32_t *)object == UINT32_MAX;
}

/* A type's name without asking its metaclass, which may be the program's: tp_name, behind ob_size. */
static inline const char *pyapi_type_name(const void *type)
{
    return *(const char *const *)(pyapi_body(type) + 8);
}

/* A module if it has been imported, sys.modules[name]; borrowed, or NULL with no error set. */
void *pyapi_imported(const char *name);

/* An attribute that is an int; 0 if it is not. Clears no error. */
long pyapi_number(void *object, const char *name);

/* The code of a frame; a new reference, or NULL with no error set. As an attribute it would be an audit event. */
void *pyapi_frame_code(void *frame);

/* The text of an attribute that is a str: UTF-8, surrogates passed through. Returns the object that keeps it alive
 * (to be released with Py_DecRef), or NULL with no error set. */
void *pyapi_text(void *object, const char *name, const char **ret_text, ssize_t *ret_len);

#endif
