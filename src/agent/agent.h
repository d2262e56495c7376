/* The agent: heatline-agent.so, loaded into a Python process by its environment or by an attach, writes the calls of
 * that process into a recording. It links the C library only, and knows Python by what it finds at run time. Where it
 * cannot work it does nothing. */
#ifndef HEATLINE_AGENT_AGENT_H
#define HEATLINE_AGENT_AGENT_H

#include <stdbool.h>

#include "agent/config.h"

#define AGENT_EXPORT __attribute__((visibility("default")))

const struct config *agent_config(void);

/* With the GIL: begins to record, as `config` says (as in the environment). 0, or -1 when it cannot. Again after a
 * detach, into whatever recording it is told then. */
AGENT_EXPORT int heatline_agent_attach(const char *config);
/* With the GIL: ends recording; the process is as it was before, and has nothing of the recording mapped (without a GIL
 * it has until the next attach, for some thread may be just about to write). */
AGENT_EXPORT int heatline_agent_detach(void);

/* With the GIL: nothing is noticed from now on, until resumed. 0, or -1: it was so already. */
int agent_pause(void);
int agent_resume(void);
enum agent_state { AGENT_OFF, AGENT_ON, AGENT_PAUSED };
enum agent_state agent_state(void);

/* Somebody, maybe a library with Python in it that was loaded after us, is at work: the address of its code. */
void agent_meet(const void *caller);

/* In a hook: is it over, because the recorder ended and could not detach us? Then no hook is called any more. */
bool agent_is_over(void);

/* The same two for an attach from outside (inject/inject.h): called as an extension module's first function, with the
 * configuration as bytes `config` in the caller's globals. Always raise an ImportError whose text is the result. */
AGENT_EXPORT void *PyInit_heatline_attach(void);
AGENT_EXPORT void *PyInit_heatline_detach(void);

/* The agent as an extension module (module.c). */
AGENT_EXPORT void *PyInit_heatline_agent(void);

#endif
