/* Words for the user, on standard error. */
#ifndef HEATLINE_CLI_MESSAGE_H
#define HEATLINE_CLI_MESSAGE_H

#include "base/err.h"

/* "heatline: SENTENCE" and, if there is one, "hint: …". Returns err->status. */
int message_error(const struct err *err);
/* "heatline: …" */
void message_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
