#include "agent/pattern.h"

#include <stdio.h>
#include <string.h>

const char *pattern_value(const char *line, const char *kind)
{
    size_t len = strlen(kind);
    return !strncmp(line, kind, len) && line[len] == ' ' ? line + len + 1 : NULL;
}

bool pattern_is_given(const char *const *lines, const char *kind, const char *name)
{
    const char *last = strrchr(name, '.');
    for (; *lines; lines++) {
        const char *given = pattern_value(*lines, kind);
        if (given && (!strcmp(given, name) || (last && !strcmp(given, last + 1))))
            return true;
    }
    return false;
}

void patterns_begin(struct patterns *p, const char *const *lines)
{
    patterns_end(p);
    p->lines = lines;
    for (; *lines; lines++) {
        const char *regex = pattern_value(*lines, "regex");
        if (regex && p->regexes_len < PATTERN_REGEXES_MAX)
            p->regexes_len +=
                regcomp(&p->regexes[p->regexes_len], regex, REG_EXTENDED | REG_NOSUB) == 0;
    }
}

void patterns_end(struct patterns *p)
{
    while (p->regexes_len)
        regfree(&p->regexes[--p->regexes_len]);
    p->lines = NULL;
}

bool patterns_match(const struct patterns *p, const char *name, const char *file)
{
    char text[1024];
    if (!p->lines || !p->lines[0])
        return false;
    if (pattern_is_given(p->lines, "function", name))
        return true;
    if (p->regexes_len)
        snprintf(text, sizeof(text), "%s (%s)", name, file);
    for (size_t i = 0; i < p->regexes_len; i++)
        if (regexec(&p->regexes[i], text, 0, NULL, 0) == 0)
            return true;
    return false;
}
