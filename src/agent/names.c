#include "agent/names.h"

#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>

#include "agent/pyapi.h"

static size_t copy(char name[NAME_BYTES_MAX], const char *text, size_t len)
{
    if (len > NAME_BYTES_MAX)
        len = NAME_BYTES_MAX;
    memcpy(name, text, len);
    return len;
}

/* threading._active[ident]._name, if threading is there. */
static size_t from_threading(char name[NAME_BYTES_MAX])
{
    void *threading = pyapi_imported("threading");
    void *active = threading ? py.PyObject_GetAttrString(threading, "_active") : NULL;
    void *ident = py.PyLong_FromUnsignedLong((unsigned long)pthread_self());
    void *thread = active && ident ? py.PyDict_GetItem(active, ident) : NULL;
    const char *text;
    ssize_t text_len;
    size_t len = 0;
    void *keeper = thread ? pyapi_text(thread, "_name", &text, &text_len) : NULL;
    if (keeper) {
        len = copy(name, text, (size_t)text_len);
        py.Py_DecRef(keeper);
    }
    if (active)
        py.Py_DecRef(active);
    if (ident)
        py.Py_DecRef(ident);
    return len;
}

size_t name_of_thread(char name[NAME_BYTES_MAX], bool any)
{
    void *type, *value, *trace;
    py.PyErr_Fetch(&type, &value, &trace);
    size_t len = from_threading(name);
    py.PyErr_Clear();
    py.PyErr_Restore(type, value, trace);
    char comm[16];
    if (!len && any && prctl(PR_GET_NAME, comm) == 0)
        len = copy(name, comm, strnlen(comm, sizeof(comm)));
    return len;
}
