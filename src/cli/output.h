/* What file to write, and in which format: the same for record and export. */
#ifndef HEATLINE_CLI_OUTPUT_H
#define HEATLINE_CLI_OUTPUT_H

#include "base/err.h"
#include "export/exporter.h"

/* The i-th format's name, NULL beyond the last. */
const char *output_format_name(size_t i);

/* The format asked for by name; without one (NULL) the one `path` (may be NULL) is named after;
 * without that `fallback`. NULL with `err` set: unknown name, or nothing to go by and no fallback. */
const struct exporter *output_format(const char *name, const char *path, const char *fallback,
                                     struct err *err);

#endif
