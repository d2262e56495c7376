#include "agent/builtin.h"

#include <stddef.h>
#include <stdint.h>

#include "agent/pyapi.h"

void *builtin_new(const struct builtin *builtin)
{
    return py.PyCFunction_NewEx((void *)(uintptr_t)builtin, NULL, NULL);
}

void *builtin_find(const char *module_name, const char *name)
{
    void *module = py.PyImport_ImportModule(module_name);
    void *found = module ? py.PyObject_GetAttrString(module, name) : NULL;
    if (module)
        py.Py_DecRef(module);
    if (!found)
        py.PyErr_Clear();
    return found;
}

struct text builtin_text(void *args, ssize_t i)
{
    void *object = py.PySequence_GetItem(args, i);
    ssize_t len;
    const char *text = object ? py.PyUnicode_AsUTF8AndSize(object, &len) : NULL;
    if (object)
        py.Py_DecRef(object);
    return text ? (struct text){text, (uint32_t)len} : (struct text){0};
}

long builtin_number(void *args, ssize_t i)
{
    void *object = py.PySequence_GetItem(args, i);
    long number = object ? py.PyLong_AsLong(object) : 0;
    if (object)
        py.Py_DecRef(object);
    return number;
}

void *builtin_none(void)
{
    py.Py_IncRef(py.none);
    return py.none;
}
