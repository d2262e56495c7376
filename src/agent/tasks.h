/* Which asynchronous task a thread runs. */
#ifndef HEATLINE_AGENT_TASKS_H
#define HEATLINE_AGENT_TASKS_H

#include "agent/lane.h"

/* Writes that it runs the lane's task from now on. */
void tasks_put(struct lane *l);

#endif
