/* repr() of the program's own objects (config repr). It is the program's code, run when the program does not expect it: so
 * it runs in a thread of its own, which is waited for only so long. */
#ifndef HEATLINE_AGENT_REPR_H
#define HEATLINE_AGENT_REPR_H

#include <stddef.h>

enum { REPR_BYTES_MAX = 1024 };

/* UTF-8, cut after 200 characters. With the GIL, which is let go meanwhile. Its length; 0: there is none, because it
 * raised, took too long, or took too long for another object of that type. */
size_t repr_of(void *object, char text[REPR_BYTES_MAX]);
/* In a forked child. */
void repr_forget(void);

#endif
