/* How an attach from outside calls the agent; what it does is in agent.c. */
#include <stddef.h>
#include <stdio.h>

#include "agent/agent.h"
#include "agent/pyapi.h"

static void *answer(int result)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", result);
    py.PyErr_SetString(*(void **)py.import_error, text);
    return NULL;
}

void *PyInit_heatline_attach(void)
{
    char *config;
    ssize_t len;
    if (!pyapi_find_at(__builtin_return_address(0)))
        return NULL;
    void *globals = py.PyEval_GetGlobals(); /* borrowed, as is what is got from it */
    void *bytes = globals ? py.PyDict_GetItemString(globals, "config") : NULL;
    if (!bytes || py.PyBytes_AsStringAndSize(bytes, &config, &len))
        return NULL;
    return answer(heatline_agent_attach(config));
}

void *PyInit_heatline_detach(void)
{
    return pyapi_find_at(__builtin_return_address(0)) ? answer(heatline_agent_detach()) : NULL;
}
