/* Knows when to begin and to end; not how calls are noticed or written. */
#include "agent/agent.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/code.h"
#include "agent/dictionary.h"
#include "agent/earlier.h"
#include "agent/environment.h"
#include "agent/extra.h"
#include "agent/greenlets.h"
#include "agent/hook.h"
#include "agent/instrument.h"
#include "agent/interpreter.h"
#include "agent/lane.h"
#include "agent/pyapi.h"
#include "agent/repr.h"
#include "agent/root.h"
#include "agent/segment.h"
#include "agent/stamp.h"
#include "agent/torch.h"
#include "agent/trigger.h"

static struct config config;
static const struct hook *hook; /* that runs; NULL: nothing is recorded */
static bool paused;             /* it is stopped, to be started again */
static bool expected;           /* told to record, but there is no Python yet */
static bool tried;              /* to begin, as soon as there was a program */
static bool listening;          /* to audit events */
static bool ready;              /* the recording is open and this process defined in it */

const struct config *agent_config(void)
{
    return &config;
}

/* A child that was forked records into streams of its own. */
static void in_child(void)
{
    if (!ready) {
        lane_fork(true);
        return;
    }
    interpreter_fork();
    code_forget();
    dictionary_forget();
    repr_forget();
    lane_fork(config.children);
}

/* pthread_atfork without what glibc links for it, which musl has not. */
static void tell_of_forks(void)
{
    int (*glibc)(void (*)(void), void (*)(void), void (*)(void), void *);
    int (*other)(void (*)(void), void (*)(void), void (*)(void));
    *(void **)&glibc = dlsym(RTLD_DEFAULT, "__register_atfork");
    *(void **)&other = dlsym(RTLD_DEFAULT, "pthread_atfork");
    if (glibc)
        glibc(NULL, NULL, in_child, NULL);
    else if (other)
        other(NULL, NULL, in_child);
}

static int get_ready(void)
{
    if (ready)
        return 0;
    code_begin();
    if (segment_open(config.file, config.max_bytes, config.latest))
        return -1;
    stamp_calibrate();
    ready = true;
    static bool forks_told;
    if (!forks_told)
        tell_of_forks();
    forks_told = true;
    return 0;
}

/* What is known belongs to that recording, and means nothing in the next one. */
static void leave_recording(void)
{
    if (!ready)
        return;
    ready = false;
    lane_forget_all();
    code_forget();
    dictionary_forget();
    segment_close();
}

static int start(void)
{
    if (hook || get_ready() || code_meet())
        return -1;
    trigger_begin();
    root_begin();
    greenlets_begin();
    extras_begin();
    earlier_open_all();
    const struct hook *found = hook_find();
    if (!found || found->start()) {
        extras_end();
        return -1;
    }
    hook = found;
    return 0;
}

int agent_pause(void)
{
    if (!hook || paused)
        return -1;
    hook->stop();
    paused = true;
    return 0;
}

int agent_resume(void)
{
    if (!hook || !paused)
        return -1;
    paused = false;
    return hook->start();
}

enum agent_state agent_state(void)
{
    return !hook ? AGENT_OFF : paused ? AGENT_PAUSED : AGENT_ON;
}

static void let_go(const struct hook *running)
{
    if (!paused)
        running->stop();
    paused = false;
    extras_end();
}

int heatline_agent_detach(void)
{
    if (!hook)
        return -1;
    let_go(hook);
    hook = NULL;
    dictionary_process_end();
    if (!py.free_threaded && interpreter_is_only())
        leave_recording();
    return 0;
}

bool agent_is_over(void)
{
    if (!config.until_closed || (!segment_is_closed() && !segment_is_abandoned()))
        return false;
    const struct hook *running = __atomic_exchange_n(&hook, NULL, __ATOMIC_RELAXED);
    if (running) {
        void *type, *value, *trace; /* the program may be raising something */
        py.PyErr_Fetch(&type, &value, &trace);
        let_go(running);
        py.PyErr_Restore(type, value, trace);
    }
    return true;
}

/* The first of what an "import" event tells: the module's name. */
static const char *module_of(void *args, char *name, size_t bytes)
{
    void *object = args ? py.PySequence_GetItem(args, 0) : NULL;
    const char *text = object ? py.PyUnicode_AsUTF8AndSize(object, NULL) : NULL;
    snprintf(name, bytes, "%s", text ? text : "");
    if (object)
        py.Py_DecRef(object);
    py.PyErr_Clear();
    return name;
}

/* A program that has Python within begins by running code, or by an import, where no code runs yet. "site" and what
 * helps to type are Python's own. */
static bool is_first_use(const char *event, void *args)
{
    static const char *const own[] = {"site", "readline", "rlcompleter"};
    bool import = !strcmp(event, "import");
    if ((!import && strcmp(event, "exec") != 0) || !py.Py_IsInitialized() || py.PyEval_GetFrame())
        return false;
    char name[32];
    module_of(import ? args : NULL, name, sizeof(name));
    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
        if (!strcmp(name, own[i]))
            return false;
    return true;
}

/* Is this subinterpreter whole? It is when it imports "site", the last of its start-up, or runs code without that. Later
 * may be too late: from 3.14 on code that another interpreter has compiled may be run without a word. */
static bool is_whole(const char *event, void *args)
{
    char name[32];
    void *modules = py.PySys_GetObject("modules"); /* borrowed */
    return modules &&
           (py.PyDict_GetItemString(modules, "site") || !strcmp(event, "exec") ||
            (!strcmp(event, "import") && !strcmp(module_of(args, name, sizeof(name)), "site")));
}

/* In a subinterpreter that is not met yet, or begins to be traced again. */
static int meet_here(void *unused)
{
    (void)unused;
    void *type, *value, *trace;
    py.PyErr_Fetch(&type, &value, &trace);
    if (hook && !paused && !code_meet())
        hook->meet();
    py.PyErr_Clear();
    py.PyErr_Restore(type, value, trace);
    return 0;
}

/* While we record: an audit event in any interpreter. */
static void meet(const char *event, void *args)
{
    if (!py.current_thread())
        return;
    bool ends = !strcmp(event, "cpython.PyInterpreterState_Clear");
    if (ends)
        interpreter_end();
    if (ends || interpreter_here())
        return;
    void *type, *value, *trace;
    py.PyErr_Fetch(&type, &value, &trace);
    bool whole = is_whole(event, args);
    py.PyErr_Clear();
    py.PyErr_Restore(type, value, trace);
    if (whole)
        meet_here(NULL);
}

/* While we record: an audit event; `import`: what that of an import tells. */
static void heed(void *import)
{
    char name[32] = "";
    if (import) {
        void *type, *value, *trace;
        py.PyErr_Fetch(&type, &value, &trace);
        greenlets_importing(module_of(import, name, sizeof(name)));
        py.PyErr_Restore(type, value, trace);
    }
    if (hook->heed && !paused)
        hook->heed(name);
}

/* Python tells what it is about to do. Its own start-up is over when it runs the program. */
static int on_audit(const char *event, void *args, void *data)
{
    (void)data;
    if (!strcmp(event, "cpython._PySys_ClearAuditHooks")) { /* Python ends */
        tried = true;
        hook = NULL;
        return 0;
    }
    bool runs = !strncmp(event, "cpython.run_", 12);
    if (!tried && !hook && (runs || is_first_use(event, args))) {
        tried = true;
        environment_hide();
        int failed = start();
        if (!failed && config.torch)
            torch_watch();
        if (!failed && runs && instrument_is_wanted())
            return instrument_run(event, args);
    }
    if (hook)
        meet(event, args);
    if (hook)
        heed(!strcmp(event, "import") ? args : NULL);
    return 0;
}

static void listen(void)
{
    if (!listening)
        listening = py.PySys_AddAuditHook(on_audit, NULL) == 0;
}

static void wait_for_program(void)
{
    if (!config.children)
        environment_leave();
    listen();
}

int heatline_agent_attach(const char *text)
{
    if ((hook && !agent_is_over()) || !pyapi_find() || config_parse(&config, text))
        return -1;
    tried = true;
    if (!config.until_closed) /* it is for good, so not in a program that does not know us */
        listen();
    leave_recording();
    if (start())
        return -1;
    interpreter_tell_others(meet_here);
    return 0;
}

__attribute__((constructor)) static void load(void)
{
    const char *text = getenv(CONFIG_VARIABLE);
    if (!text || config_parse(&config, text))
        return;
    if (config.children)
        environment_learn(config.whole);
    expected = !pyapi_find();
    if (!expected)
        wait_for_program();
}

void agent_meet(const void *caller)
{
    if (!expected || !pyapi_find_at(caller))
        return;
    expected = false;
    wait_for_program();
}
