/* Knows the shape of the agent's configuration; not what is done with it. */
#include "agent/config.h"

#include <fnmatch.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static void set_text(const char **field, const char *value)
{
    *field = value;
}

static void set_flag(bool *field, const char *value)
{
    *field = *value == '1';
}

static void set_number(uint64_t *field, const char *value)
{
    *field = strtoull(value, NULL, 10);
}

static void set_texts(const char **field, const char *value)
{
    size_t count = 0;
    while (count < CONFIG_TEXTS_MAX && field[count])
        count++;
    if (count == CONFIG_TEXTS_MAX)
        return;
    field[count] = value;
    field[count + 1] = NULL;
}

#define SET_TEXT(key) set_text(&c->key, value)
#define SET_FLAG(key) set_flag(&c->key, value)
#define SET_NUMBER(key) set_number(&c->key, value)
#define SET_TEXTS(key) set_texts(c->key, value)

static void set(struct config *c, const char *name, const char *value)
{
#define CONFIG(kind, key, fallback, doc)                                                           \
    if (!strcmp(name, #key))                                                                       \
        SET_##kind(key);
#include "agent/config.def"
#undef CONFIG
}

#define DEFAULT_TEXT(key, fallback) c->key = fallback;
#define DEFAULT_FLAG(key, fallback) c->key = fallback;
#define DEFAULT_NUMBER(key, fallback) c->key = fallback;
#define DEFAULT_TEXTS(key, fallback) c->key[0] = fallback;

static void set_defaults(struct config *c)
{
#define CONFIG(kind, key, fallback, doc) DEFAULT_##kind(key, fallback)
#include "agent/config.def"
#undef CONFIG
}

int config_parse(struct config *ret_config, const char *text)
{
    struct config *c = ret_config;
    size_t len = strlen(text);
    if (len >= CONFIG_BYTES_MAX)
        return -1;
    set_defaults(c);
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

/* A path that is relative is one as the user has typed it. */
static bool is_of_project(const struct config *c, const char *file)
{
    static const char *const installed[] = {"/site-packages/", "/dist-packages/", "/lib/python3"};
    for (size_t i = 0; i < sizeof(installed) / sizeof(*installed); i++)
        if (strstr(file, installed[i]))
            return false;
    return *file != '/' ? *file != '<' : matches(c->project, file);
}

bool config_wants(const struct config *c, const char *file)
{
    if (c->project[0] && !is_of_project(c, file))
        return false;
    if (!c->frozen && strncmp(file, "<frozen ", 8) == 0)
        return false;
    if (c->include[0] && !matches(c->include, file))
        return false;
    return !matches(c->exclude, file);
}

bool config_is_choosy(const struct config *c)
{
    return !c->frozen || c->sparse || c->project[0] || c->include[0] || c->exclude[0];
}
