/* A mapped ELF file of another process: addresses of its symbols, and the memory after its variables that nothing
 * uses. */
#ifndef HEATLINE_INJECT_IMAGE_H
#define HEATLINE_INJECT_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "subject/maps.h"
#include "subject/mem.h"

/* Run-time address of a symbol of the file in which `address` lies (its variables included); 0: it has none. */
uint64_t image_symbol(pid_t pid, const struct maps *maps, uint64_t address, const char *name);

/* `len_bytes` that lie between the end of some file's variables and the end of the last page that they take up: mapped
 * and writable, but nobody's. They are zero. 0: there is no such place. */
uint64_t image_slack(pid_t pid, const struct maps *maps, struct mem *mem, size_t len_bytes);

/* Is a file mapped whose name begins so? */
const char *image_named(const struct maps *maps, const char *name);

#endif
