/* A profile's functions as they are shown: texts made fit for it, names of files as the query wants
 * them. They are looked at one by one, so the profile may grow meanwhile. */
#ifndef HEATLINE_ANALYSIS_NAMES_H
#define HEATLINE_ANALYSIS_NAMES_H

#include <stdint.h>

#include "analysis/filename.h"
#include "analysis/query.h"
#include "model/profile.h"

struct function_name {
    const char *name, *file, *path; /* file: the part to show of path; "" for none */
    const char *label;              /* "name (file.py:12)" */
    uint32_t first_line;            /* 0 = none */
};

struct names {
    const struct profile *profile;
    const struct query *query;
    struct intern *texts;
    struct vec rows; /* struct function_name by function; no name = not made yet */
    struct filename filename;
    struct str text; /* scratch */
};

void names_init(struct names *f, const struct profile *p, const struct query *q);
void names_release(struct names *f);

/* By value: the texts stay where they are, the row may move. */
struct function_name names_of(struct names *f, struct function_id function);
/* Any text of the recording made fit to be shown, kept as long as these. */
const char *names_clean(struct names *f, const char *text);

#endif
