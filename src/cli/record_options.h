/* The options of `heatline record`. */
#ifndef HEATLINE_CLI_RECORD_OPTIONS_H
#define HEATLINE_CLI_RECORD_OPTIONS_H

#include "cli/option.h"
#include "cli/view_options.h"

struct record_options {
    struct view_options view;
    struct vec pids;    /* of uint64_t */
    const char *python; /* NULL = find the user's */
    bool keep_running;
    uint64_t rate_hz;
    uint64_t duration_ns; /* OPTION_UNLIMITED = until the target ends */
    bool blocking, nonblocking;
    bool async;
    const char *output, *format; /* NULL = not given */
    uint64_t flush_ns;           /* 0 = only at the end */
    bool native;                 /* refused: not there yet */
    bool hide_progress;
    bool capture; /* changes nothing: the program keeps its output anyway */
};

/* Of struct record_options: what it is that is looked at, and how. */
extern const struct option record_target_rows[];
extern const struct option record_sampling_rows[];
/* All of them, for record's row. */
extern const struct option_group record_option_groups[];
extern const struct record_options record_option_defaults;

#endif
