/* What makes the recorder keep what happened around it (config trigger): lines "function NAME", "regex REGEX",
 * "duration NANOSECONDS" and "exception TYPE". The first that fires counts, until the recorder has seen it. */
#ifndef HEATLINE_AGENT_TRIGGER_H
#define HEATLINE_AGENT_TRIGGER_H

#include <stdbool.h>
#include <stdint.h>

/* Once a recording. */
void trigger_begin(void);

bool trigger_is_function(const char *name, const char *file);
bool trigger_is_exception(const char *type);
bool trigger_has_exceptions(void);
/* Calls that take as long; UINT64_MAX: none. */
uint64_t trigger_duration_ns(void);

/* By the current thread. `what`: "function", "duration" or "exception". */
void trigger_fire(const char *what);

#endif
