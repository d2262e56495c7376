/* Exceptions that are raised (config exceptions) become instants, where they are raised: from 3.12 on sys.monitoring tells
 * of each of them, before that those are known that leave a call. */
#ifndef HEATLINE_AGENT_EXCEPTIONS_H
#define HEATLINE_AGENT_EXCEPTIONS_H

#include "agent/lane.h"

/* By sys.monitoring: raised, or on its way through one more function. */
void exceptions_raised(struct lane *l, void *exception);

#endif
