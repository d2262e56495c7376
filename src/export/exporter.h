/* File formats. A format is one file of this folder and one row in exporter.c. */
#ifndef HEATLINE_EXPORT_EXPORTER_H
#define HEATLINE_EXPORT_EXPORTER_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/view.h"
#include "base/err.h"
#include "base/out.h"

struct exporter {
    const char *name;     /* -f NAME */
    const char *suffixes; /* ".svg .html": guessed from -o; the first is the default's */
    enum exporter_gzip { GZIP_NEVER, GZIP_BY_NAME /* if it ends in .gz */, GZIP_ALWAYS } gzip;
    const char *doc; /* one line for --help */
    /* NULL for `heat`, which is a copy of the recording and made by the caller. */
    int (*write)(const struct view *v, struct out *o, struct err *err);
    bool calls; /* it shows calls by itself, beside samples; others see them as samples */
};

extern const struct exporter exporters[]; /* ended by a NULL name */

const struct exporter *exporter_named(const char *name);    /* also "flamegraph"; NULL = unknown */
const struct exporter *exporter_for_path(const char *path); /* by suffix; NULL = no guess */
/* What to write to: out_open, gzipped where that belongs to the format or to the name. */
struct out *exporter_open(const struct exporter *e, const char *path, struct err *err);

#endif
