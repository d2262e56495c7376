/* Names of another process made fit to be shown: valid UTF-8 without control characters, so that no
 * name can break a line of output or command a terminal. */
#ifndef HEATLINE_ANALYSIS_LABEL_H
#define HEATLINE_ANALYSIS_LABEL_H

#include <stdint.h>

#include "base/str.h"

/* Adds `text`; control characters become blanks, bytes that are not UTF-8 and lone surrogates U+FFFD. */
void label_clean(struct str *out, const char *text);

/* As py-spy writes them; line 0 and file "" are left out. */
void label_frame(struct str *out, const char *name, const char *file, uint32_t line);
void label_thread(struct str *out, uint32_t tid, const char *name);
void label_process(struct str *out, uint32_t pid, const char *command);

#endif
