/* Knows when to begin and to end; not how calls are noticed or written. */
#include "agent/agent.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/code.h"
#include "agent/dictionary.h"
#include "agent/environment.h"
#include "agent/hook.h"
#include "agent/lane.h"
#include "agent/pyapi.h"
#include "agent/segment.h"
#include "agent/stamp.h"

static struct config config;
static const struct hook *hook; /* that runs; NULL: nothing is recorded */
static bool ready;              /* the recording is open and this process defined in it */
static bool configured;

const struct config *agent_config(void)
{
    return &config;
}

/* A child that was forked records into streams of its own. */
static void in_child(void)
{
    if (!ready)
        return;
    if (!config.children) {
        if (hook)
            hook->stop();
        hook = NULL;
        return;
    }
    code_forget();
    dictionary_forget();
    lane_fork();
}

static int get_ready(void)
{
    if (ready)
        return 0;
    if (code_begin() || segment_open(config.file, config.bytes_max))
        return -1;
    stamp_calibrate();
    ready = true;
    pthread_atfork(NULL, NULL, in_child);
    return 0;
}

static int start(void)
{
    if (hook || get_ready())
        return -1;
    const struct hook *found = hook_find();
    if (!found || found->start())
        return -1;
    hook = found;
    return 0;
}

int heatline_agent_attach(const char *text)
{
    if (!configured && config_parse(&config, text))
        return -1;
    configured = true;
    return pyapi_find() ? start() : -1;
}

int heatline_agent_detach(void)
{
    if (!hook)
        return -1;
    hook->stop();
    hook = NULL;
    return 0;
}

/* Python tells what it is about to do. Its own start-up is over when it runs the program; an embedded one that does
 * not say so is recorded from the first thing that it runs. */
static int on_audit(const char *event, void *args, void *data)
{
    (void)args;
    (void)data;
    static bool over;
    if (!strcmp(event, "cpython._PySys_ClearAuditHooks")) { /* the interpreter ends */
        over = true;
        if (hook)
            hook = NULL;
    } else if (!over && !hook && !strncmp(event, "cpython.run_", 12)) {
        over = true; /* tried once */
        environment_hide();
        start();
    }
    return 0;
}

__attribute__((constructor)) static void load(void)
{
    const char *text = getenv(CONFIG_VARIABLE);
    if (!text || config_parse(&config, text))
        return;
    configured = true;
    if (config.children)
        environment_learn(config.whole);
    if (!pyapi_find())
        return;
    if (!config.children)
        environment_leave();
    py.PySys_AddAuditHook(on_audit, NULL);
}
