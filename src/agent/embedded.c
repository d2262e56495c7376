#include "agent/embedded.h"

#include <string.h>

#include "agent/agent.h"
#include "agent/lane.h"
#include "agent/pyapi.h"

enum { FILE_INPUT = 257 }; /* Py_file_input */

static int add(void *names, const char *name, void *object)
{
    int failed = object ? py.PyDict_SetItemString(names, name, object) : -1;
    if (object)
        py.Py_DecRef(object);
    return failed;
}

void *embedded_install(const char *source, const struct builtin *builtins, size_t count)
{
    void *names = py.PyDict_New(); /* kept: the script's functions need it */
    int failed = names ? add(names, "__builtins__", py.PyImport_ImportModule("builtins")) : -1;
    for (size_t i = 0; !failed && i < count; i++)
        failed = add(names, builtins[i].name, builtin_new(&builtins[i]));
    void *code =
        failed ? NULL : py.Py_CompileStringExFlags(source, "<heatline>", FILE_INPUT, NULL, -1);
    void *done = code ? py.PyEval_EvalCode(code, names, names) : NULL;
    void *function = done ? py.PyDict_GetItemString(names, "install") : NULL; /* borrowed */
    const char *text = agent_config()->whole;
    void *config = function ? py.PyUnicode_FromStringAndSize(text, (ssize_t)strlen(text)) : NULL;
    void *result = config ? py.PyObject_CallFunctionObjArgs(function, config, NULL) : NULL;
    if (config)
        py.Py_DecRef(config);
    if (done)
        py.Py_DecRef(done);
    if (code)
        py.Py_DecRef(code);
    return result;
}

void *embedded_mute(void *self, void *args, void *keywords)
{
    (void)self;
    (void)keywords;
    long on = builtin_number(args, 0);
    struct lane *l = agent_state() != AGENT_OFF ? lane_get() : NULL;
    if (py.PyErr_Occurred())
        return NULL;
    if (l)
        lane_mute(l, on != 0);
    return builtin_none();
}
