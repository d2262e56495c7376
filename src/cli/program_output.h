/* Where the output of a program goes while a screen is in its way: a file, shown afterwards. */
#ifndef HEATLINE_CLI_PROGRAM_OUTPUT_H
#define HEATLINE_CLI_PROGRAM_OUTPUT_H

#include <stdbool.h>

#include "base/err.h"

struct program_output {
    char path[256];
    int fd;
    int ours[3]; /* our own standard input, output and error, while the program is started */
};

/* From here on a program that is started gets /dev/null as standard input, and the file as standard
 * output and error. 0 or -1. */
int program_output_open(struct program_output *o, struct err *err);
/* It is started: ours are ours again. */
void program_output_started(struct program_output *o);
/* Writes what came to standard output: all of it, or the end of it with a note where the rest is.
 * Where all was shown and nothing more can come, the file is removed. */
void program_output_show(struct program_output *o, bool still_runs);

#endif
