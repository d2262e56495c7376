/* Knows where Python's C API is found; not what it is used for. */
#include "agent/pyapi.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

struct pyapi py;

/* The first of the names that there is; they end with NULL. */
static void *any_of(void *library, const char *const *names)
{
    void *found = NULL;
    for (; *names && !found; names++)
        found = dlsym(library, *names);
    return found;
}

#define ANY_OF(...) any_of(library, (const char *const[]){__VA_ARGS__, NULL})

static bool find_functions(void *library)
{
    bool all = dlsym(library, "Py_IsInitialized") != NULL;
    if (!all) /* most programs are not Python: they shall not wait for all that is not there */
        return false;
#define API(since, result, name, parameters)                                                       \
    *(void **)&py.name = dlsym(library, #name);                                                    \
    all &= py.name != NULL;
#define DATA(field, symbol)                                                                        \
    py.field = dlsym(library, #symbol);                                                            \
    all &= py.field != NULL;
#include "agent/pyapi.def"
#undef API
#undef DATA
    return all;
}

static bool find_others(void *library)
{
    *(void **)&py.request_code_extra =
        ANY_OF("PyUnstable_Eval_RequestCodeExtraIndex", "_PyEval_RequestCodeExtraIndex");
    *(void **)&py.set_code_extra = ANY_OF("PyUnstable_Code_SetExtra", "_PyCode_SetExtra");
    *(void **)&py.set_eval_frame = ANY_OF("_PyInterpreterState_SetEvalFrameFunc");
    *(void **)&py.get_eval_frame = ANY_OF("_PyInterpreterState_GetEvalFrameFunc");
    *(void **)&py.interp_get = ANY_OF("PyInterpreterState_Get", "_PyInterpreterState_Get");
    *(void **)&py.current_thread =
        ANY_OF("PyThreadState_GetUnchecked", "_PyThreadState_UncheckedGet");
    *(void **)&py.set_profile = ANY_OF("_PyEval_SetProfile");
    *(void **)&py.frame_get_code = ANY_OF("PyFrame_GetCode");
    *(void **)&py.add_pending_call = ANY_OF("_PyEval_AddPendingCall");
    py.vectorcall_call = ANY_OF("PyVectorcall_Call");
    py.eval_frame_default = ANY_OF("_PyEval_EvalFrameDefault");
    return py.request_code_extra && py.set_code_extra && py.interp_get && py.current_thread;
}

static bool find(void *library)
{
    if (!find_functions(library) || !find_others(library))
        return false;
    /* "3.13.0 (main, …"; a free-threaded build says so, and its None has the longer head. */
    const char *version = py.Py_GetVersion();
    if (strncmp(version, "3.", 2) != 0)
        return false;
    py.minor = atoi(version + 2);
    py.free_threaded = strstr(version, "free-threading build") != NULL;
    return py.minor >= 8;
}

void *pyapi_imported(const char *name)
{
    void *modules = py.PySys_GetObject("modules"); /* borrowed, like what is got from it */
    return modules ? py.PyDict_GetItemString(modules, name) : NULL;
}

long pyapi_number(void *object, const char *name)
{
    void *number = py.PyObject_GetAttrString(object, name);
    long value = number ? py.PyLong_AsLong(number) : 0;
    if (number)
        py.Py_DecRef(number);
    return value;
}

bool pyapi_find(void)
{
    return py.minor >= 8 || find(RTLD_DEFAULT);
}

bool pyapi_find_at(const void *address)
{
    Dl_info info;
    if (pyapi_find())
        return true;
    if (!dladdr(address, &info) || !info.dli_fname)
        return false;
    void *library = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    bool found = library && find(library);
    if (library && !found)
        dlclose(library);
    return found;
}

void *pyapi_frame_code(void *frame)
{
    if (py.frame_get_code)
        return py.frame_get_code(frame);
    void *code = py.PyObject_GetAttrString(frame, "f_code");
    if (!code)
        py.PyErr_Clear();
    return code;
}

void *pyapi_text(void *object, const char *name, const char **ret_text, ssize_t *ret_len)
{
    void *text = py.PyObject_GetAttrString(object, name);
    if (!text) {
        py.PyErr_Clear();
        return NULL;
    }
    ssize_t len;
    const char *utf8 = py.PyUnicode_AsUTF8AndSize(text, &len);
    if (utf8) {
        *ret_text = utf8;
        *ret_len = len;
        return text;
    }
    py.PyErr_Clear(); /* lone surrogates, or no text */
    void *bytes = py.PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
    py.Py_DecRef(text);
    char *data;
    if (bytes && py.PyBytes_AsStringAndSize(bytes, &data, &len) == 0) {
        *ret_text = data;
        *ret_len = len;
        return bytes;
    }
    py.PyErr_Clear();
    if (bytes)
        py.Py_DecRef(bytes);
    return NULL;
}
