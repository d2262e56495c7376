/* The agent: heatline-agent.so, loaded into a Python process by its environment or by an attach, writes the calls of
 * that process into a recording. It links the C library only, and knows Python by what it finds at run time. Where it
 * cannot work it does nothing. */
#ifndef HEATLINE_AGENT_AGENT_H
#define HEATLINE_AGENT_AGENT_H

#include "agent/config.h"

#define AGENT_EXPORT __attribute__((visibility("default")))

const struct config *agent_config(void);

/* With the GIL: begins to record, as `config` says (as in the environment). 0, or -1 when it cannot. Again after a
 * detach it goes on, into the recording it is told then only if that is the same one. */
AGENT_EXPORT int heatline_agent_attach(const char *config);
/* With the GIL: ends recording; the process is as it was before. */
AGENT_EXPORT int heatline_agent_detach(void);

#endif
