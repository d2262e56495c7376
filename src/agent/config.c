/* Knows the shape of the agent's configuration; not what is done with it. */
#include "agent/config.h"

#include <fnmatch.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static void add_pattern(const char **patterns, const char *value)
{
    for (size_t i = 0; i < CONFIG_PATTERNS_MAX; i++) {
        if (patterns[i])
            continue;
        patterns[i] = value;
        patterns[i + 1] = NULL;
        return;
    }
}

static void set(struct config *c, const char *key, const char *value)
{
    if (!strcmp(key, "file"))
        c->file = value;
    else if (!strcmp(key, "c_functions"))
        c->c_functions = *value == '1';
    else if (!strcmp(key, "frozen"))
        c->frozen = *value == '1';
    else if (!strcmp(key, "monitoring"))
        c->monitoring = *value == '1';
    else if (!strcmp(key, "children"))
        c->children = *value == '1';
    else if (!strcmp(key, "until_closed"))
        c->until_closed = *value == '1';
    else if (!strcmp(key, "max_depth"))
        c->depth_max = (uint32_t)strtoul(value, NULL, 10);
    else if (!strcmp(key, "max_bytes"))
        c->bytes_max = strtoull(value, NULL, 10);
    else if (!strcmp(key, "include"))
        add_pattern(c->include, value);
    else if (!strcmp(key, "exclude"))
        add_pattern(c->exclude, value);
}

int config_parse(struct config *ret_config, const char *text)
{
    struct config *c = ret_config;
    size_t len = strlen(text);
    if (len >= CONFIG_BYTES_MAX)
        return -1;
    *c = (struct config){.c_functions = true, .frozen = true, .children = true};
    memcpy(c->text, text, len + 1);
    memcpy(c->whole, text, len + 1);
    for (char *save = NULL, *line = strtok_r(c->text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        char *value = strchr(line, '=');
        if (!value)
            continue;
        *value++ = '\0';
        set(c, line, value);
    }
    return c->file && *c->file == '/' ? 0 : -1;
}

static bool matches(const char *const *patterns, const char *file)
{
    for (; *patterns; patterns++) {
        if (strpbrk(*patterns, "*?[") ? fnmatch(*patterns, file, 0) == 0
                                      : strncmp(file, *patterns, strlen(*patterns)) == 0)
            return true;
    }
    return false;
}

bool config_wants(const struct config *c, const char *file)
{
    if (!c->frozen && strncmp(file, "<frozen ", 8) == 0)
        return false;
    if (c->include[0] && !matches(c->include, file))
        return false;
    return !matches(c->exclude, file);
}
