/* The calls of a recording as a query wants them: what it takes to follow them once, and what is then
 * known of the rest of the recording. */
#ifndef HEATLINE_ANALYSIS_CALLS_H
#define HEATLINE_ANALYSIS_CALLS_H

#include "analysis/spans.h"
#include "base/err.h"
#include "recording/reader.h"

struct calls {
    struct reader *reader; /* the caller's */
    struct profile *profile;
    uint64_t start_ns; /* when the recording began */
    struct query query;
    struct selection selection;
    struct spans spans; /* its counts */
    struct reader_summary summary;
};

/* The reader must outlive the calls. Nothing is read yet. */
void calls_init(struct calls *c, struct reader *reader, const struct query *query);
void calls_release(struct calls *c);

/* Reads the recording to its end; once. 0 or -1. */
int calls_follow(struct calls *c, const struct spans_visitor *visitor, void *context,
                 struct err *err);

/* Since the recording began; 0 for what was before. */
uint64_t calls_since_start_ns(const struct calls *c, uint64_t t_ns);
/* What a profile is called: the query's title, else the command that was recorded. */
const char *calls_title(const struct calls *c);

#endif
