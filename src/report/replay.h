/* `heatline report --replay`: what each thread called, in order of time and indented as it was nested.
 * A thread comes after the other. It is written while the recording is read, so the memory it takes
 * does not depend on how much was recorded.
 *
 * A call that made no calls (that are shown) is one line with its duration; of others, "{" opens
 * and "}", with the duration, closes it. As data, each call is a row when it has ended. */
#ifndef HEATLINE_REPORT_REPLAY_H
#define HEATLINE_REPORT_REPLAY_H

#include "report/report.h"

int replay_write(struct calls *c, const struct report_options *options, struct out *o,
                 struct err *err);

#endif
