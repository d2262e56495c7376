/* What the user wants to see of a profile: chosen when looking, never when recording. */
#ifndef HEATLINE_ANALYSIS_QUERY_H
#define HEATLINE_ANALYSIS_QUERY_H

#include <stdbool.h>
#include <stdint.h>

enum query_mode {
    QUERY_WALL, /* every sample that is not idle (with `idle`: every sample) */
    QUERY_CPU,  /* on CPU */
    QUERY_GIL,  /* holding the GIL */
};

struct query {
    enum query_mode mode;
    bool idle;           /* keep samples of threads that are off CPU */
    bool threads;        /* a root frame per thread: thread (TID): name */
    bool processes;      /* a root frame per process: process PID:"command" */
    bool functions;      /* one frame per function: line = its first line */
    bool no_line;        /* no line numbers */
    bool full_filenames; /* else shortened to the part from the outermost package */
    bool gc;             /* a frame <GC> on top while the collector runs */
    uint32_t max_depth;  /* keep that many outermost frames; 0 = all */
    const char *const
        *include; /* keep stacks in which a frame matches one of these (NULL-ended or NULL) */
    const char *const *exclude;      /* drop frames that match one of these */
    const char *const *thread_limit; /* only these threads: a tid, or a name (glob) */
    uint64_t from_ns,
        to_ns; /* only what begins then, since the recording began; to 0 = to its end */
    uint64_t min_duration_ns; /* only calls that take as long */
    const char *title;        /* of the report; NULL: made from the recording's notes */
};

/* Does one of the texts (NULL-ended) match one of the patterns (NULL-ended or NULL)? */
bool query_matches(const char *const *patterns, const char *const *texts);
/* By the query's limit: a tid, or a name. */
bool query_wants_thread(const struct query *q, uint32_t tid, const char *name);

#endif
