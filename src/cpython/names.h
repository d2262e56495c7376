/* Thread names as the target's `threading` module knows them. */
#ifndef HEATLINE_CPYTHON_NAMES_H
#define HEATLINE_CPYTHON_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "cpython/layout.h"
#include "subject/mem.h"

/* Calls `each` with ident and name for every thread in threading._active of this interpreter. RD_OK with no
 * call if threading is not imported. */
typedef void names_each(void *context, uint64_t ident, const char *name, size_t len_bytes);
enum rd names_read(struct mem *m, const struct layout *l, uint64_t interp, names_each *each,
                   void *context);

#endif
