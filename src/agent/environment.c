#include "agent/environment.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config.h"
#include "agent/pyapi.h"

#define PRELOAD "LD_PRELOAD="
#define CONFIG CONFIG_VARIABLE "="

static bool wanted; /* are children to be recorded? */
static char library[PATH_MAX];
static const char *config; /* NULL: not known */

void environment_learn(const char *text)
{
    Dl_info info;
    if (!dladdr((void *)environment_learn, &info) || !info.dli_fname ||
        strlen(info.dli_fname) >= sizeof(library))
        return;
    strcpy(library, info.dli_fname);
    config = text;
    wanted = true;
}

static const char *value_of(char *const *env, const char *name)
{
    size_t len = strlen(name);
    for (; env && *env; env++)
        if (!strncmp(*env, name, len))
            return *env + len;
    return NULL;
}

/* What LD_PRELOAD is without us; NULL: it is not set. */
static const char *preload_without_us(const char *preload)
{
    size_t len = strlen(library);
    if (!preload || strncmp(preload, library, len))
        return preload;
    return preload[len] ? preload + len + 1 : NULL;
}

void environment_leave(void)
{
    wanted = false;
    const char *rest = preload_without_us(getenv("LD_PRELOAD"));
    char copy[PATH_MAX] = "";
    if (rest && strlen(rest) < sizeof(copy))
        strcpy(copy, rest);
    if (*copy)
        setenv("LD_PRELOAD", copy, 1);
    else
        unsetenv("LD_PRELOAD");
    unsetenv(CONFIG_VARIABLE);
}

/* `value` NULL: away with it. */
static void put(void *dict, const char *name, const char *value)
{
    void *key = py.PyBytes_FromString(name);
    void *text = value ? py.PyBytes_FromString(value) : NULL;
    if (key && text)
        py.PyDict_SetItem(dict, key, text);
    else if (key)
        py.PyDict_DelItem(dict, key);
    py.PyErr_Clear();
    if (key)
        py.Py_DecRef(key);
    if (text)
        py.Py_DecRef(text);
}

/* MODULE.environ, or MODULE.environ._data. */
static void hide_in(const char *module_name, bool wrapped)
{
    void *module = pyapi_imported(module_name);
    void *dict = module ? py.PyObject_GetAttrString(module, "environ") : NULL;
    if (dict && wrapped) {
        void *data = py.PyObject_GetAttrString(dict, "_data");
        py.Py_DecRef(dict);
        dict = data;
    }
    if (dict) {
        put(dict, "LD_PRELOAD", preload_without_us(getenv("LD_PRELOAD")));
        put(dict, CONFIG_VARIABLE, NULL);
        py.Py_DecRef(dict);
    }
    py.PyErr_Clear();
}

void environment_hide(void)
{
    if (!config)
        return;
    hide_in("posix", false);
    hide_in("os", true);
}

size_t environment_entries(char *const *env)
{
    size_t count = 0;
    while (env && env[count] && count < ENVIRONMENT_MAX)
        count++;
    const char *preload = value_of(env, PRELOAD);
    bool complete = preload && strstr(preload, library) && value_of(env, CONFIG);
    return !wanted || !env || complete || count == ENVIRONMENT_MAX ? 0 : count + 3;
}

size_t environment_text_bytes(char *const *env)
{
    const char *preload = value_of(env, PRELOAD);
    return sizeof(PRELOAD) + strlen(library) + 1 + (preload ? strlen(preload) : 0) +
           sizeof(CONFIG) + strlen(config) + 1;
}

static char *append(char *at, const char *text)
{
    return stpcpy(at, text);
}

void environment_complete(char *const *env, char **completed, char *text)
{
    const char *preload = value_of(env, PRELOAD);
    for (; *env; env++)
        if (strncmp(*env, PRELOAD, strlen(PRELOAD)) && strncmp(*env, CONFIG, strlen(CONFIG)))
            *completed++ = *env;
    *completed++ = text;
    text = append(append(text, PRELOAD), library);
    if (preload && *preload)
        text = append(append(text, ":"), preload);
    *completed++ = ++text;
    append(append(text, CONFIG), config);
    *completed = NULL;
}
