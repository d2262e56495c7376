/* Numbers for threads in formats that know a thread by (pid, tid) alone: the tid, or another number
 * where one thread runs several interpreters or a tid was used again. */
#ifndef HEATLINE_EXPORT_TRACKS_H
#define HEATLINE_EXPORT_TRACKS_H

#include <stdint.h>

#include "analysis/view.h"

/* By index in view->threads; free() it. */
uint64_t *tracks_new(const struct view *v);

#endif
