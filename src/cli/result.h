/* What a recording becomes: the .heat file that it is written to at once, and the file that is
 * made of it in the end — or in between, by a child process, so that sampling goes on meanwhile. */
#ifndef HEATLINE_CLI_RESULT_H
#define HEATLINE_CLI_RESULT_H

#include <stdbool.h>
#include <sys/types.h>

#include "analysis/query.h"
#include "base/err.h"
#include "export/exporter.h"
#include "recording/writer.h"

struct result {
    const struct exporter *format;
    const char *output; /* path, or "-" */
    enum heat_producer producer;
    const struct query *query;
    char *recording; /* path of the .heat file; NULL: it has no name */
    struct writer *writer;
    pid_t flushing; /* the child that writes an interim file; 0 = none */
};

/* Checks that the output can be written, then opens the recording: OUTPUT itself for the format
 * `heat`, else OUTPUT.partial.heat, which is there only until the output is complete; for what is no file, of a tracer, a
 * temporary file. 0 or -1. */
int result_open(struct result *r, const struct exporter *format, const char *output,
                enum heat_producer producer, const struct query *query, struct err *err);
/* Makes `output` of the recording that `fd` is. 0 or -1. */
int result_export(const struct exporter *format, const char *output, int fd, struct err *err);
/* Starts writing what there is so far; nothing if the last one is still being written. */
void result_flush(struct result *r);
/* A child has ended: was it ours? */
bool result_attend(struct result *r);
/* Ends the recording and writes the output. On failure the recording is kept, and the hint says
 * where. */
int result_close(struct result *r, struct err *err);
/* Removes what was written: there is nothing worth keeping. */
void result_discard(struct result *r);

#endif
