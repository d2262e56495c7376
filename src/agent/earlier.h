/* Calls that a thread has open when tracing begins in it (attach): from its first event on they are in its lane. */
#ifndef HEATLINE_AGENT_EARLIER_H
#define HEATLINE_AGENT_EARLIER_H

#include <stdbool.h>

#include "agent/lane.h"

/* Puts them there. `entering`: the innermost frame is one of a call that is just being told. */
void earlier_open(struct lane *l, bool entering);

/* Begins the lanes of all threads of this interpreter, and puts theirs there: they may have nothing to say for long. With the
 * GIL; not where there is none, since their frames come and go meanwhile, and not where there are several with an
 * allocator each: sys._current_frames makes the frames of all of them with ours. */
void earlier_open_all(void);
/* By such a thread, when it has something to say: takes those as ended that are not there any more. */
void earlier_check_all(struct lane *l, bool entering);

/* Where their ends are not told (hook_eval_frame.c): takes those as ended that are not there any more. At a call. */
void earlier_check(struct lane *l);

#endif
