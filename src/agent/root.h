/* Functions whose calls are recorded with all that happens in them, and nothing else (config root, sample_every;
 * code_mark). */
#ifndef HEATLINE_AGENT_ROOT_H
#define HEATLINE_AGENT_ROOT_H

#include <stdbool.h>

/* Once a recording. */
void root_begin(void);
/* Are there any? */
bool root_is_asked_for(void);
bool root_is_function(const char *name, const char *file);
/* One is called: is it its turn? */
bool root_is_due(void);

#endif
