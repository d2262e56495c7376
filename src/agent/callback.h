/* An object that Python calls without a detour: a builtin function would cost some nanoseconds more. 3.9 and later. */
#ifndef HEATLINE_AGENT_CALLBACK_H
#define HEATLINE_AGENT_CALLBACK_H

#include <stddef.h>

/* Include/cpython/object.h: vectorcallfunc. */
typedef void *callback_function(void *self, void *const *args, size_t count, void *names);

/* A new reference; NULL with an error set. */
void *callback_new(callback_function *function);

#endif
