/* A profile as a query shows it: labelled frames, a stack tree with its synthetic roots, and the samples
 * that were kept, in time order per thread. Exporters and reports read this and nothing else, but for
 * calls, which are too many to be kept: these are read from the recording (analysis/calls.h). */
#ifndef HEATLINE_ANALYSIS_VIEW_H
#define HEATLINE_ANALYSIS_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/query.h"
#include "base/err.h"
#include "base/vec.h"
#include "model/profile.h"

enum view_frame_kind { VIEW_PYTHON, VIEW_THREAD, VIEW_PROCESS, VIEW_SYNTHETIC /* <GC>, tasks */ };

/* All texts are valid UTF-8 without control characters, whatever the recording holds. */
struct view_frame {
    const char *label; /* as py-spy writes it: "name (file.py:12)", "thread (7): MainThread" */
    const char *name;  /* "name" */
    const char *file;  /* as shown; "" for none */
    const char *path;  /* as recorded; "" for none */
    uint32_t line, first_line; /* 0 = none */
    enum view_frame_kind kind;
};

struct view_node {   /* a stack */
    uint32_t parent; /* 0 = root; a parent precedes its children */
    uint32_t frame;
    uint32_t depth; /* 1 for a root's child */
};

struct view_thread {
    const char *name;           /* as shown */
    const char *process_name;   /* its process's command line, as shown */
    uint32_t tid, pid, process; /* process: index into profile->processes */
    uint64_t start_ns, end_ns;
    uint32_t first_sample, samples; /* range in `samples` */
};

struct view_sample {
    uint64_t t_ns, weight_ns;
    uint32_t node;  /* 0 = no frames */
    uint32_t state; /* enum sample_state */
};

struct reader;

struct view {
    const struct profile *profile;
    struct reader *reader; /* of the recording, for its calls; set by who has it, else NULL */
    struct query query;
    const char *title;
    double rate_hz; /* asked for; of calls, a million */
    uint64_t start_ns, end_ns;
    uint64_t total_ns;                 /* sum of the weights of kept samples */
    struct vec frames, nodes, threads; /* entry 0 of frames and nodes is "none" */
    struct vec samples;                /* grouped by thread, in time order within */
    struct view_text *text;            /* private */
};

/* 0 or -1. The profile must outlive the view. */
int view_init(struct view *v, const struct profile *p, const struct query *q, struct err *err);
void view_release(struct view *v);

/* Weight in samples of the asked rate, rounded: what py-spy calls a count. */
uint64_t view_count(const struct view *v, uint64_t weight_ns);

#endif
