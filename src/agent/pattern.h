/* Which functions somebody means: lines "function NAME" and "regex REGEX"; others are ignored. A name as it is, or without
 * what it is defined in; a regular expression is looked for in "NAME (FILE)". */
#ifndef HEATLINE_AGENT_PATTERN_H
#define HEATLINE_AGENT_PATTERN_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

enum { PATTERN_REGEXES_MAX = 16 };

struct patterns {
    const char *const *lines; /* NULL-ended; must outlive it */
    regex_t regexes[PATTERN_REGEXES_MAX];
    size_t regexes_len;
};

void patterns_begin(struct patterns *p, const char *const *lines);
void patterns_end(struct patterns *p);
bool patterns_match(const struct patterns *p, const char *name, const char *file);

/* What follows a kind in a line, or NULL. */
const char *pattern_value(const char *line, const char *kind);
/* Is "KIND NAME" among the lines, for the whole name or its last part? */
bool pattern_is_given(const char *const *lines, const char *kind, const char *name);

#endif
