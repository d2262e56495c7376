/* The mapped ELF files of another process, and the addresses of their symbols. */
#ifndef HEATLINE_INJECT_IMAGE_H
#define HEATLINE_INJECT_IMAGE_H

#include <stdint.h>
#include <sys/types.h>

#include "subject/maps.h"

/* Run-time address of a symbol of the file in which `address` lies (its variables included); 0: it has none. */
uint64_t image_symbol(pid_t pid, const struct maps *maps, uint64_t address, const char *name);

#endif
