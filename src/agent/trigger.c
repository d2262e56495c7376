#include "agent/trigger.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/mark.h"
#include "agent/segment.h"
#include "base/clock.h"

enum { REGEXES_MAX = 16 };

static regex_t regexes[REGEXES_MAX];
static size_t regexes_len;
static uint64_t least_ns = UINT64_MAX;

/* What follows a kind in a line, or NULL. */
static const char *value_of(const char *line, const char *kind)
{
    size_t len = strlen(kind);
    return !strncmp(line, kind, len) && line[len] == ' ' ? line + len + 1 : NULL;
}

static bool is_given(const char *kind, const char *value)
{
    for (const char *const *line = agent_config()->trigger; *line; line++) {
        const char *given = value_of(*line, kind);
        if (given && !strcmp(given, value))
            return true;
    }
    return false;
}

void trigger_begin(void)
{
    trigger_end();
    for (const char *const *line = agent_config()->trigger; *line; line++) {
        const char *regex = value_of(*line, "regex"), *duration = value_of(*line, "duration");
        uint64_t ns = duration ? strtoull(duration, NULL, 10) : UINT64_MAX;
        least_ns = ns < least_ns ? ns : least_ns;
        if (regex && regexes_len < REGEXES_MAX)
            regexes_len += regcomp(&regexes[regexes_len], regex, REG_EXTENDED | REG_NOSUB) == 0;
    }
}

void trigger_end(void)
{
    while (regexes_len)
        regfree(&regexes[--regexes_len]);
    least_ns = UINT64_MAX;
}

/* A name as it is, or without what it is defined in; a regular expression is looked for in "name (file)". */
bool trigger_is_function(const char *name, const char *file)
{
    char text[1024];
    const char *last = strrchr(name, '.');
    if (!agent_config()->trigger[0])
        return false;
    if (is_given("function", name) || (last && is_given("function", last + 1)))
        return true;
    snprintf(text, sizeof(text), "%s (%s)", name, file);
    for (size_t i = 0; i < regexes_len; i++)
        if (regexec(&regexes[i], text, 0, NULL, 0) == 0)
            return true;
    return false;
}

bool trigger_is_exception(const char *type)
{
    const char *last = strrchr(type, '.');
    return is_given("exception", type) || (last && is_given("exception", last + 1));
}

bool trigger_has_exceptions(void)
{
    for (const char *const *line = agent_config()->trigger; *line; line++)
        if (value_of(*line, "exception"))
            return true;
    return false;
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
