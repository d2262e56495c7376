/* What a ring held around the moments at which a trigger fired, each in a file of its own: OUTPUT, OUTPUT-2, … */
#ifndef HEATLINE_CLI_SNAPSHOTS_H
#define HEATLINE_CLI_SNAPSHOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/trace_options.h"
#include "export/exporter.h"
#include "recording/writer.h"

struct snapshots {
    const struct trace_options *options;
    const struct exporter *format;
    const char *output;
    struct writer *writer; /* of the ring */
    bool by_signal;        /* SIGUSR1 is for us */
    uint64_t fired_ns;     /* when a trigger fired whose time after it is not over; 0: none */
    uint64_t taken, failed;
};

/* Every now and then: has one fired, is its time over? */
void snapshots_look(struct snapshots *s);
/* Is "signal" among the triggers? */
bool snapshots_wait_for_signal(const struct trace_options *options);
/* The user's own trigger. */
void snapshots_fire(struct snapshots *s);
/* Nothing more comes: takes the one that is due. */
void snapshots_finish(struct snapshots *s);

#endif
