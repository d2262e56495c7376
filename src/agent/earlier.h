/* Calls that a thread has open when tracing begins in it (attach): from its first event on they are in its lane. */
#ifndef HEATLINE_AGENT_EARLIER_H
#define HEATLINE_AGENT_EARLIER_H

#include <stdbool.h>

#include "agent/lane.h"

/* Puts them there. `entering`: the innermost frame is one of a call that is just being told. */
void earlier_open(struct lane *l, bool entering);

/* Where their ends are not told (hook_eval_frame.c): takes those as ended that are not there any more. At a call. */
void earlier_check(struct lane *l);

#endif
