/* What a program says of itself, in the lane of the thread that says it. With the GIL. */
#ifndef HEATLINE_AGENT_MARK_H
#define HEATLINE_AGENT_MARK_H

#include "model/event.h"

enum { MARK_BYTES_MAX = 32768 }; /* of `json`; what is longer is left out */

/* Something happened. `json`: more about it, a JSON value; may be empty. */
void mark_instant(struct text name, enum instant_scope scope, struct text json);
/* A value that changes over time; NAME or GROUP.SERIES. */
void mark_counter(struct text name, double value);

#endif
