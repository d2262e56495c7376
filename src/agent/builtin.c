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
