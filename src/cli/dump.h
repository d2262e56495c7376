/* The forms in which `heatline dump` tells what it has read. */
#ifndef HEATLINE_CLI_DUMP_H
#define HEATLINE_CLI_DUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/filename.h"
#include "base/json.h"
#include "base/out.h"
#include "base/vec.h"
#include "dump/dump.h"
#include "report/source.h"

struct dump_options_cli {
    struct vec pids; /* of uint64_t */
    bool subprocesses, gil, idle, functions, full_filenames;
    bool blocking, nonblocking, async, json;
    uint64_t locals;
};

struct dump_view {
    const struct dump *dump;
    const struct dump_options_cli *options;
    struct filename *filename;
    struct source *source;
    bool color;
};

/* The line that is shown for a frame; 0 = none. */
uint32_t dump_view_line(const struct dump_view *v, const struct dump_frame *frame);
/* As options say: the whole name of the file, or the part inside its package. */
const char *dump_view_file(const struct dump_view *v, const struct dump_frame *frame);
/* Its text, where the file can be read: as the target sees it, else as we do. NULL: it cannot. */
const char *dump_view_source(const struct dump_view *v, const struct dump_frame *frame);
/* "idle in futex, waiting for the GIL" */
void dump_view_state(const struct dump_view *v, const struct dump_thread *thread,
                     struct str *ret_text);

void dump_text(const struct dump_view *v, struct out *o);
/* One array element a thread. */
void dump_json(const struct dump_view *v, struct json *j);

#endif
