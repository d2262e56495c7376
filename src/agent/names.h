/* What threading calls the current thread. */
#ifndef HEATLINE_AGENT_NAMES_H
#define HEATLINE_AGENT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { NAME_BYTES_MAX = 128 };

/* Length; 0 if it is not known (yet). `any`: then the kernel's name will do. With the GIL. */
size_t name_of_thread(char name[NAME_BYTES_MAX], bool any);

#endif
