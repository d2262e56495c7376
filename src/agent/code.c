/* Knows how to name a function; and when a code object dies, so that its address may come to mean another. */
#include "agent/code.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/dictionary.h"
#include "agent/greenlets.h"
#include "agent/interpreter.h"
#include "agent/pyapi.h"
#include "agent/root.h"
#include "agent/trigger.h"

enum { FUNCTION_NAME_BYTES_MAX = 512 };
enum { CO_GENERATORS = 0x20 | 0x80 | 0x200 }; /* CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR */

struct table code_table;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct table marks; /* codes that the program has marked, and with how many levels */
static bool levels_matter;

/* Python calls it when a code object dies, or gets another extra: its extra is its own address. */
static void forget_one(void *code)
{
    pthread_mutex_lock(&lock);
    table_remove(&code_table, (uint64_t)(uintptr_t)code);
    table_remove(&marks, (uint64_t)(uintptr_t)code);
    pthread_mutex_unlock(&lock);
}

void code_begin(void)
{
    table_clear(&marks);
    levels_matter = false;
}

int code_meet(void)
{
    struct interpreter *here = interpreter_meet();
    if (here && here->extra_index < 0)
        here->extra_index = py.request_code_extra(forget_one);
    return here && here->extra_index >= 0 ? 0 : -1;
}

/* Tells us of its death. False: it would go unnoticed, so that it is better not kept. */
static bool watch(void *code)
{
    if (py.minor == 12 && pyapi_is_immortal(code)) /* frozen, and shared by all interpreters */
        return true;
    struct interpreter *here = interpreter_here();
    return here && here->extra_index >= 0 && py.set_code_extra(code, here->extra_index, code) == 0;
}

void code_forget(void)
{
    pthread_mutex_init(&lock, NULL);
    table_clear(&code_table);
}

static uint32_t keep(uint64_t key, uint32_t entry)
{
    pthread_mutex_lock(&lock);
    int failed = table_put(&code_table, key, entry);
    pthread_mutex_unlock(&lock);
    return failed ? CODE_UNWANTED : entry;
}

/* Of our own package (python/heatline): a program that calls it wants to see itself. */
static bool is_ours(const char *file)
{
    static const char *const names[] = {"__init__", "agent", "tracer", "handler", "jupyter"};
    const char *name = strrchr(file, '/');
    static const char folder[] = "/heatline";
    size_t len = sizeof(folder) - 1;
    if (!strcmp(file, "<heatline>")) /* embedded.h */
        return true;
    if (!name || (size_t)(name - file) < len || memcmp(name - len, folder, len) != 0)
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (!strncmp(name + 1, names[i], strlen(names[i])) &&
            !strcmp(name + 1 + strlen(names[i]), ".py"))
            return true;
    return false;
}

static void forbid(void *code)
{
    if (watch(code))
        keep((uint64_t)(uintptr_t)code, CODE_UNWANTED);
}

/* What an attach runs to load us and to tell us (inject/script.c): it names its folder. Functions in it are forbidden. */
static bool is_script(void *code, const char *name, const char *file)
{
    static const char folder[] = "/.heatline-";
    if (!agent_config()->until_closed ||
        (strcmp(name, "<module>") != 0 && strcmp(name, "run") != 0))
        return false;
    bool found = strstr(file, folder);
    void *constants = py.PyObject_GetAttrString(code, "co_consts");
    ssize_t count = constants ? py.PySequence_Size(constants) : 0;
    for (int round = 0; round < 2; round++) {
        for (ssize_t i = 0; i < count; i++) {
            void *constant = py.PySequence_GetItem(constants, i);
            void *type = constant ? pyapi_type(constant) : NULL;
            if (type == py.code_type && found)
                forbid(constant);
            const char *text =
                type == py.str_type ? py.PyUnicode_AsUTF8AndSize(constant, NULL) : NULL;
            found |= text && strstr(text, folder);
            if (constant)
                py.Py_DecRef(constant);
        }
    }
    py.PyErr_Clear();
    if (constants)
        py.Py_DecRef(constants);
    return found;
}

uint32_t code_levels(const void *code)
{
    return table_find(&marks, (uint64_t)(uintptr_t)code);
}

bool code_levels_matter(void)
{
    return levels_matter;
}

static bool is_wanted(void *code, const char *name, const char *file)
{
    const struct config *config = agent_config();
    return !(config->sparse && !levels_matter) && config_wants(config, file) && !is_ours(file) &&
           !is_script(code, name, file);
}

static void mark(const void *code, uint32_t levels)
{
    pthread_mutex_lock(&lock);
    table_put(&marks, (uint64_t)(uintptr_t)code, levels);
    pthread_mutex_unlock(&lock);
}

/* An attach hears of no imports, but sees what they run. */
static void heed_import(const char *name, const char *file)
{
    if (agent_config()->until_closed && !strcmp(name, "<module>") &&
        strstr(file, "/greenlet/__init__.py"))
        greenlets_importing("greenlet");
}

static uint32_t entry_of(void *code, uint32_t levels)
{
    const char *name = "", *file = "";
    ssize_t name_len = 0, file_len = 0;
    void *name_keeper =
        pyapi_text(code, py.minor >= 11 ? "co_qualname" : "co_name", &name, &name_len);
    void *file_keeper = pyapi_text(code, "co_filename", &file, &file_len);
    uint32_t entry = CODE_UNWANTED;
    heed_import(name, file);
    if (levels || is_wanted(code, name, file)) {
        uint32_t line = (uint32_t)pyapi_number(code, "co_firstlineno");
        entry = dictionary_function((struct text){name, (uint32_t)name_len},
                                    (struct text){file, (uint32_t)file_len}, line)
                    .i;
        if (pyapi_number(code, "co_flags") & CO_GENERATORS)
            entry |= CODE_SPECIAL | CODE_GENERATOR;
        if (trigger_is_function(name, file))
            entry |= CODE_SPECIAL | CODE_TRIGGER;
        if (root_is_function(name, file) || (levels && levels_matter))
            entry |= CODE_SPECIAL | CODE_ROOT;
    }
    if (name_keeper)
        py.Py_DecRef(name_keeper);
    if (file_keeper)
        py.Py_DecRef(file_keeper);
    return entry;
}

uint32_t code_learn(void *code)
{
    void *type, *value, *trace;
    py.PyErr_Fetch(&type, &value, &trace);
    uint32_t levels = code_levels(code), entry = entry_of(code, levels);
    if (watch(code)) {
        keep((uint64_t)(uintptr_t)code, entry);
        if (levels)
            mark(code, levels);
    }
    py.PyErr_Clear();
    py.PyErr_Restore(type, value, trace);
    return entry & CODE_ID ? entry : CODE_UNWANTED; /* it could not be defined */
}

void code_mark(void *code, uint32_t levels)
{
    bool widen = levels > 1 && agent_config()->sparse && !levels_matter;
    mark(code, levels ? levels : 1);
    code_learn(code);
    if (!widen)
        return;
    levels_matter = true;
    pthread_mutex_lock(&lock); /* what nobody wanted may be wanted now */
    table_forget_all(&code_table);
    pthread_mutex_unlock(&lock);
    lane_look_closer_all();
    if (agent_pause() == 0) /* and what was switched off, switched on */
        agent_resume();
}

uint64_t code_callable_key(void *callable)
{
    void *type = pyapi_type(callable);
    if (type == py.function_type)
        return 0;
    if (type == py.cfunction_type) /* its PyMethodDef, PyCFunctionObject.m_ml */
        return *(const uint64_t *)pyapi_body(callable);
    if (type == py.method_descr_type) /* behind d_type, d_name, d_qualname */
        return *(const uint64_t *)(pyapi_body(callable) + 24);
    if (type == py.method_type) { /* bound: what counts is its function, PyMethodObject.im_func */
        void *function = *(void *const *)pyapi_body(callable);
        return pyapi_type(function) == py.method_type ? 0 : code_callable_key(function);
    }
    if (type == py.type_type || py.PyType_IsSubtype(type, py.type_type))
        return (uint64_t)(uintptr_t)callable | 1;
    return (uint64_t)(uintptr_t)type | 1; /* an object that can be called, by its type */
}

static struct text type_name(const void *type)
{
    const char *name = pyapi_type_name(type);
    return (struct text){name, (uint32_t)strlen(name)};
}

/* module.name, or Type.name for methods. */
static struct function_id function_named(void *callable)
{
    const char *name = "", *module = "";
    ssize_t name_len = 0, module_len = 0;
    void *name_keeper = pyapi_text(callable, "__qualname__", &name, &name_len);
    void *module_keeper = pyapi_text(callable, "__module__", &module, &module_len);
    char text[FUNCTION_NAME_BYTES_MAX];
    int len = snprintf(text, sizeof(text), "%.*s%s%.*s", (int)module_len, module,
                       module_len ? "." : "", (int)name_len, name);
    if (len >= (int)sizeof(text))
        len = sizeof(text) - 1;
    if (name_keeper)
        py.Py_DecRef(name_keeper);
    if (module_keeper)
        py.Py_DecRef(module_keeper);
    return dictionary_function((struct text){text, (uint32_t)len}, (struct text){"", 0}, 0);
}

static uint32_t entry_of_callable(void *callable)
{
    void *type = pyapi_type(callable);
    if (type == py.method_type)
        return entry_of_callable(*(void *const *)pyapi_body(callable));
    if (type == py.cfunction_type || type == py.method_descr_type)
        return function_named(callable).i;
    bool is_type = type == py.type_type || py.PyType_IsSubtype(type, py.type_type);
    return dictionary_function(type_name(is_type ? callable : type), (struct text){"", 0}, 0).i;
}

uint32_t code_learn_callable(void *callable, uint64_t key)
{
    void *type, *value, *trace;
    py.PyErr_Fetch(&type, &value, &trace);
    uint32_t entry = entry_of_callable(callable);
    keep(key, entry);
    py.PyErr_Clear();
    py.PyErr_Restore(type, value, trace);
    return entry ? entry : CODE_UNWANTED;
}
