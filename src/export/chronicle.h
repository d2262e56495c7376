/* What happened, as timelines show it: calls on a track for each thread and each asynchronous task,
 * instants and counters. What is common to the formats that show calls.
 *
 * Calls of a track are told properly nested. A call that begins while a thread runs a task is on the
 * task's track, as is all that it calls. Texts are valid UTF-8 without control characters, but for
 * JSON, which is as it was recorded. */
#ifndef HEATLINE_EXPORT_CHRONICLE_H
#define HEATLINE_EXPORT_CHRONICLE_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/view.h"
#include "base/err.h"
#include "base/str.h"
#include "export/tracks.h"
#include "model/event.h"

struct chronicle_track {
    uint32_t index; /* from 0, in the order in which they are told */
    uint32_t pid;
    uint32_t number;     /* instead of a tid (tracks.h) */
    const char *process; /* its command line */
    const char *name;
    bool task;
};

struct chronicle_call {
    const struct chronicle_track *track;
    uint32_t function; /* an id; 0 = not known which */
    const char *name, *path;
    uint32_t line; /* of its definition; 0 = none */
    uint64_t start_ns;
    /* Known when it ends. */
    uint64_t end_ns;
    struct text arguments, result; /* JSON; empty = not recorded */
    bool unwound;                  /* left by an exception */
};

struct chronicle_instant {
    const struct chronicle_track *track;
    uint64_t t_ns;
    const char *name;
    enum instant_scope scope;
    struct text json; /* may be empty */
};

/* One value, or one of a group of them that belong together (group and series). */
struct chronicle_counter {
    const struct chronicle_track *track;
    uint64_t t_ns;
    const char *name, *group, *series; /* name: "GROUP.SERIES"; series "" = no group */
    double value;
};

/* What a format does with them; `enter` may be NULL. What is pointed to is valid during the call, but
 * tracks stay. */
struct chronicle_writer {
    void (*track)(void *context, const struct chronicle_track *track); /* before what is on it */
    void (*enter)(void *context, const struct chronicle_call *call);
    void (*leave)(void *context, const struct chronicle_call *call);
    void (*instant)(void *context, const struct chronicle_instant *instant);
    void (*counter)(void *context, const struct chronicle_counter *counter);
};

bool chronicle_is_there(const struct view *v); /* does the recording hold calls? */
/* Reads the calls that the view's query wants. The zero of times is that of the recording. 0 or -1. */
int chronicle_write(const struct view *v, struct tracks *tracks,
                    const struct chronicle_writer *writer, void *context, struct err *err);

#endif
