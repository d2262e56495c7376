#include "agent/trigger.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/agent.h"
#include "agent/mark.h"
#include "agent/pattern.h"
#include "agent/segment.h"
#include "base/clock.h"

static struct patterns functions;
static uint64_t least_ns;
static bool exceptions;

void trigger_begin(void)
{
    patterns_begin(&functions, agent_config()->trigger);
    least_ns = UINT64_MAX;
    exceptions = false;
    for (const char *const *line = agent_config()->trigger; *line; line++) {
        const char *duration = pattern_value(*line, "duration");
        uint64_t ns = duration ? strtoull(duration, NULL, 10) : UINT64_MAX;
        least_ns = ns < least_ns ? ns : least_ns;
        exceptions |= pattern_value(*line, "exception") != NULL;
    }
}

bool trigger_is_function(const char *name, const char *file)
{
    return patterns_match(&functions, name, file);
}

bool trigger_is_exception(const char *type)
{
    return exceptions && pattern_is_given(agent_config()->trigger, "exception", type);
}

bool trigger_has_exceptions(void)
{
    return exceptions;
}

uint64_t trigger_duration_ns(void)
{
    return least_ns;
}

void trigger_fire(const char *what)
{
    static const struct text name = {"trigger", 7};
    char json[32];
    if (!segment_trigger(clock_ns()))
        return;
    int len = snprintf(json, sizeof(json), "\"%s\"", what);
    mark_instant(name, INSTANT_PROCESS, (struct text){json, (uint32_t)len});
}
