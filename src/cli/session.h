/* One recording from start to end: launches or attaches, looks at the right times, minds signals
 * and the program's end. */
#ifndef HEATLINE_CLI_SESSION_H
#define HEATLINE_CLI_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "cli/record_options.h"
#include "cli/result.h"
#include "sampler/sampler.h"

enum session_end {
    SESSION_EXITED,    /* the program, or all that was watched, has ended */
    SESSION_DURATION,  /* the time is over */
    SESSION_SIGNALLED, /* somebody asked us to stop */
    SESSION_QUIT       /* the audience has seen enough */
};

struct session;

/* Who watches instead of recording. */
struct session_audience {
    struct sink *sink; /* takes the events */
    int input_fd;      /* minded while waiting; -1: none */
    /* It can be read, or the window may have changed. */
    void (*input)(struct session_audience *audience, struct session *s);
    void (*looked)(struct session_audience *audience, struct session *s, uint64_t now_ns);
};

struct session {
    const struct record_options *options;
    struct result *result;             /* NULL: nothing is recorded */
    struct session_audience *audience; /* NULL: nobody watches */
    struct sampler *sampler;           /* NULL once the recording is over */
    struct sampler_stats stats;        /* as of then */
    pid_t child;                       /* the program that we launched; 0 = none, or it has ended */
    int child_status;                  /* its wait status, once it has ended */
    enum session_end end;
    int end_signal;
    uint64_t start_ns, end_ns;
    uint64_t watch_ns; /* when new processes are looked for next */
};

/* Starts `argv` (NULL: attaches to options->pids), for a result or for an audience. 0, or -1 with
 * nothing to clean up but the result. */
int session_start(struct session *s, const struct record_options *options, char *const *argv,
                  struct result *result, struct session_audience *audience, struct err *err);
void session_run(struct session *s);
void session_quit(struct session *s); /* for the audience: run no further */
/* After the output is written: ends a program that still runs, as the options say. Returns our
 * exit status. */
int session_finish(struct session *s);
/* Nothing of Python was seen: that is an error, unless the program itself says so by its status,
 * which is then returned. */
int session_saw_nothing(const struct session *s, int status, struct err *err);

#endif
