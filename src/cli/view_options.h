/* The options that choose what is shown of a profile: the same for record, export and report. */
#ifndef HEATLINE_CLI_VIEW_OPTIONS_H
#define HEATLINE_CLI_VIEW_OPTIONS_H

#include "analysis/query.h"
#include "cli/option.h"

struct view_options {
    int mode; /* enum query_mode */
    bool idle, gc;
    bool threads, processes;
    bool functions, no_line, full_filenames;
    uint64_t max_depth;
    struct option_range range;
    uint64_t min_duration_ns;
    struct vec include, exclude, thread_limit; /* of const char * */
};

extern const struct option view_option_rows[];
extern const struct option view_range_rows[];    /* --range, of what has been recorded */
extern const struct option view_duration_rows[]; /* --min-duration, of calls */
extern const struct option view_thread_rows[]; /* --threads, which means something else in report */

/* The query points into the options. */
struct query view_options_query(const struct view_options *options);

#endif
