/* Lines of source files, as far as they can be read here and now. */
#ifndef HEATLINE_REPORT_SOURCE_H
#define HEATLINE_REPORT_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

enum { SOURCE_BYTES_MAX = 16 << 20, SOURCE_FILES_MAX = 256 };

struct source {
    struct vec files; /* private */
};

void source_init(struct source *s);
void source_release(struct source *s);
/* The line (from 1) without indentation and line end, valid until source_release; or NULL. */
const char *source_line(struct source *s, const char *path, uint32_t line);

#endif
