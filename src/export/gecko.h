/* What the two parts of the Firefox Profiler's format share; see gecko.c. */
#ifndef HEATLINE_EXPORT_GECKO_H
#define HEATLINE_EXPORT_GECKO_H

#include "analysis/view.h"
#include "base/intern.h"
#include "export/member.h"
#include "export/view_functions.h"

struct gecko {
    const struct view *view;
    struct json json;
    struct intern *strings; /* ids are indices of stringArray */
    struct intern *paths;   /* ids are indices of the table of sources */
    struct view_functions functions;
    uint32_t *stacks; /* node → index in stackTable + 1; 0 = none (no frame, or a synthetic root) */
    uint64_t *tracks;
    uint64_t start_ns;
};

/* Writes the member "shared": the tables that all threads refer to. Fills g->stacks. */
void gecko_write_tables(struct gecko *g);

/* A table without rows. `columns` is ended by NULL. */
void gecko_write_empty_table(struct gecko *g, const char *key, const char *const *columns);

#endif
