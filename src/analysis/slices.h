/* Calls as the samples of a profile, so that a view can show them: the time in which a stack of
 * calls did not change is a sample that weighs as much. Where there are more than SLICES_MAX of
 * them, those of the same stack that are close in time become one: sums stay exact, only the order
 * within such a stretch is lost. Of more than SLICES_STACKS_MAX stacks the last are cut short. */
#ifndef HEATLINE_ANALYSIS_SLICES_H
#define HEATLINE_ANALYSIS_SLICES_H

#include <stdbool.h>

#include "base/err.h"
#include "model/profile.h"
#include "recording/reader.h"

enum { SLICES_MAX = 1 << 20, SLICES_STACKS_MAX = 1 << 21 };

/* Reads a recording into an empty profile, for a view. With `calls`, if there are any, these are its
 * samples, and what was sampled is left out. 0 or -1. */
int slices_replay(struct reader *reader, bool calls, struct profile *profile,
                  struct reader_summary *ret_summary, struct err *err);

#endif
