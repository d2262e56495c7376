/* The agent as an extension module, `heatline_agent`: what the Python package calls (python/heatline/agent.py). */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/builtin.h"
#include "agent/code.h"
#include "agent/dictionary.h"
#include "agent/embedded.h"
#include "agent/lane.h"
#include "agent/mark.h"
#include "agent/pyapi.h"
#include "agent/recording.h"
#include "agent/torch.h"
#include "model/event.h"

enum { SLOT_GIL = 4, GIL_NOT_USED = 1 }; /* Py_mod_gil, 3.13+ */

static void *fail(const char *sentence)
{
    py.PyErr_SetString(*(void **)py.runtime_error, sentence);
    return NULL;
}

/* start(config): records as `config` says (config.def), from now on. */
static void *start(void *self, void *args, void *keywords)
{
    (void)self;
    (void)keywords;
    struct text config = builtin_text(args, 0);
    if (!config.data)
        return NULL;
    if (heatline_agent_attach(config.data))
        return fail("tracing cannot begin: it has begun already, or the recording is not there");
    return builtin_none();
}

static void *stop(void *self, void *args, void *keywords)
{
    (void)self;
    (void)args;
    (void)keywords;
    return heatline_agent_detach() ? fail("nothing is being traced") : builtin_none();
}

static void *pause_(void *self, void *args, void *keywords)
{
    (void)self;
    (void)args;
    (void)keywords;
    return agent_pause() ? fail("nothing is being traced") : builtin_none();
}

static void *resume(void *self, void *args, void *keywords)
{
    (void)self;
    (void)args;
    (void)keywords;
    return agent_resume() ? fail("tracing was not paused") : builtin_none();
}

/* state(): "off", "on" or "paused". */
static void *state(void *self, void *args, void *keywords)
{
    static const char *const words[] = {"off", "on", "paused"};
    (void)self;
    (void)args;
    (void)keywords;
    const char *word = words[agent_state()];
    return py.PyUnicode_FromStringAndSize(word, (ssize_t)strlen(word));
}

/* instant(name, scope, json): scope 0 = thread, 1 = process, 2 = everything. */
static void *instant(void *self, void *args, void *keywords)
{
    (void)self;
    (void)keywords;
    struct text name = builtin_text(args, 0), json = builtin_text(args, 2);
    long scope = builtin_number(args, 1);
    if (!name.data || !json.data || scope < INSTANT_THREAD || scope > INSTANT_GLOBAL)
        return fail("instant() takes a name, a scope from 0 to 2, and JSON");
    if (agent_state() == AGENT_ON)
        mark_instant(name, (enum instant_scope)scope, json);
    return builtin_none();
}

/* counter(name, value) */
static void *counter(void *self, void *args, void *keywords)
{
    (void)self;
    (void)keywords;
    struct text name = builtin_text(args, 0);
    void *object = py.PySequence_GetItem(args, 1);
    double value = object ? py.PyFloat_AsDouble(object) : 0;
    if (object)
        py.Py_DecRef(object);
    if (!name.data || !object || py.PyErr_Occurred())
        return NULL;
    if (agent_state() == AGENT_ON)
        mark_counter(name, value);
    return builtin_none();
}

/* What tells a span of the program's own from calls. */
static const void *span_key(uint32_t function)
{
    return (const void *)((uintptr_t)function << 1 | 1);
}

/* begin(name): a span in the current thread; its number, for end(). 0: it is not recorded. */
static void *begin(void *self, void *args, void *keywords)
{
    (void)self;
    (void)keywords;
    struct text name = builtin_text(args, 0);
    struct lane *l = name.data && agent_state() == AGENT_ON ? lane_get() : NULL;
    if (!name.data)
        return NULL;
    uint32_t function = l ? dictionary_function(name, (struct text){"", 0}, 0).i : 0;
    if (function)
        lane_enter(l, EVENT_ENTER, span_key(function), function, 0);
    return py.PyLong_FromUnsignedLong(function);
}

/* end(number, json): and what was learnt; may be empty. */
static void *end(void *self, void *args, void *keywords)
{
    (void)self;
    (void)keywords;
    uint32_t function = (uint32_t)builtin_number(args, 0);
    struct text json = builtin_text(args, 1);
    struct lane *l = function && agent_state() != AGENT_OFF ? lane_get() : NULL;
    if (!json.data)
        return NULL;
    if (l && json.len_bytes && json.len_bytes <= MARK_BYTES_MAX && lane_shows_innermost(l)) {
        struct event event = {.kind = EVENT_RESULT, .result = {json}};
        lane_put(l, &event);
    }
    if (l)
        lane_leave(l, EVENT_LEAVE, span_key(function));
    return builtin_none();
}

/* torch(): torch's profiler, to be started and stopped. */
static void *torch(void *self, void *args, void *keywords)
{
    (void)self;
    (void)args;
    (void)keywords;
    return torch_profile();
}

/* mark(code, levels): a function that is recorded although others are not (config sparse), with what it calls. */
static void *mark(void *self, void *args, void *keywords)
{
    (void)self;
    (void)keywords;
    long levels = builtin_number(args, 1);
    void *code = py.PyErr_Occurred() ? NULL : py.PySequence_GetItem(args, 0);
    if (!code)
        return NULL;
    if (pyapi_type(code) == py.code_type && agent_state() != AGENT_OFF)
        code_mark(code, (uint32_t)levels);
    py.Py_DecRef(code); /* its entry goes with it */
    return builtin_none();
}

static void *of_recording(void *args, int (*function)(const char *path))
{
    struct text path = builtin_text(args, 0);
    char sentence[4400];
    int error = path.data ? function(path.data) : 0;
    if (!path.data)
        return NULL;
    if (!error)
        return builtin_none();
    snprintf(sentence, sizeof(sentence), "cannot write %.4096s: %s", path.data, strerror(error));
    return fail(sentence);
}

/* create(path): a new recording, in which there is nothing. */
static void *create(void *self, void *args, void *keywords)
{
    (void)self;
    (void)keywords;
    return of_recording(args, recording_create);
}

/* finish(path): nothing more comes. */
static void *finish(void *self, void *args, void *keywords)
{
    (void)self;
    (void)keywords;
    return of_recording(args, recording_finish);
}

static struct builtin functions[] = {
    {"start", start, BUILTIN_FLAGS, NULL},
    {"stop", stop, BUILTIN_FLAGS, NULL},
    {"pause", pause_, BUILTIN_FLAGS, NULL},
    {"resume", resume, BUILTIN_FLAGS, NULL},
    {"state", state, BUILTIN_FLAGS, NULL},
    {"instant", instant, BUILTIN_FLAGS, NULL},
    {"counter", counter, BUILTIN_FLAGS, NULL},
    {"begin", begin, BUILTIN_FLAGS, NULL},
    {"end", end, BUILTIN_FLAGS, NULL},
    {"mute", embedded_mute, BUILTIN_FLAGS, NULL},
    {"mark", mark, BUILTIN_FLAGS, NULL},
    {"create", create, BUILTIN_FLAGS, NULL},
    {"finish", finish, BUILTIN_FLAGS, NULL},
    {"torch", torch, BUILTIN_FLAGS, NULL},
    {0},
};

/* Include/moduleobject.h: what follows the head of an object in a PyModuleDef. */
struct definition {
    void *(*init)(void);
    ssize_t index;
    void *copy;
    const char *name, *doc;
    ssize_t state_bytes;
    struct builtin *methods;
    struct slot {
        int kind;
        void *value;
    } * slots;
    void *traverse, *clear, *free;
};

void *PyInit_heatline_agent(void)
{
    static struct slot slots[] = {{SLOT_GIL, (void *)GIL_NOT_USED}, {0, NULL}};
    static _Alignas(16) char memory[32 + sizeof(struct definition)];
    if (!pyapi_find_at(__builtin_return_address(0)))
        return NULL;
    struct definition *d = (struct definition *)(memory + (py.free_threaded ? 32 : 16));
    d->name = "heatline_agent";
    d->methods = functions;
    d->slots = py.minor >= 13 ? slots : slots + 1;
    return py.PyModuleDef_Init(memory);
}
