#include "agent/callback.h"

#include <stddef.h>
#include <stdint.h>

#include "agent/interpreter.h"
#include "agent/pyapi.h"

static void *new_callback_type(void)
{
    static struct {
        const char *name;
        int type;
        ssize_t offset;
        int flags;
        const char *doc;
    } members[] = {{"__vectorcalloffset__", 19 /* Py_T_PYSSIZET */, 0, 1 /* Py_READONLY */, NULL},
                   {NULL, 0, 0, 0, NULL}};
    static struct {
        int slot;
        void *value;
    } slots[] = {{50 /* Py_tp_call */, NULL}, {72 /* Py_tp_members */, members}, {0, NULL}};
    static struct {
        const char *name;
        int basicsize, itemsize;
        unsigned int flags;
        void *slots;
    } spec = {"heatline.callback", 0, 0,
              1u << 18 /* Py_TPFLAGS_DEFAULT */ | 1u << 11 /* Py_TPFLAGS_HAVE_VECTORCALL */, slots};
    members[0].offset = py.free_threaded ? 32 : 16;
    slots[0].value = py.vectorcall_call;
    spec.basicsize = (int)members[0].offset + (int)sizeof(callback_function *);
    return py.PyType_FromSpec(&spec);
}

void *callback_new(callback_function *function)
{
    struct interpreter *here = interpreter_here();
    if (!here || (!here->callback_type && !(here->callback_type = new_callback_type())))
        return NULL;
    void *callback = py.PyType_GenericAlloc(here->callback_type, 0);
    if (callback)
        *(callback_function **)((char *)callback + (py.free_threaded ? 32 : 16)) = function;
    return callback;
}
