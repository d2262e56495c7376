/* What the agent is told: lines "key=value" in the environment variable HEATLINE_AGENT, or in what an attach hands
 * over. Unknown keys are ignored, so that an older agent in a child's environment still works. */
#ifndef HEATLINE_AGENT_CONFIG_H
#define HEATLINE_AGENT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#define CONFIG_VARIABLE "HEATLINE_AGENT"

enum { CONFIG_BYTES_MAX = 16384, CONFIG_PATTERNS_MAX = 64 };

struct config {
    const char *file;   /* file=PATH: the recording, absolute; it exists */
    bool c_functions;   /* c_functions=0|1 */
    bool frozen;        /* frozen=0|1: functions of frozen modules too */
    bool monitoring;    /* monitoring=0|1: by sys.monitoring, even where there is a faster way */
    bool children;      /* children=0|1: processes that this one starts too */
    bool until_closed;  /* until_closed=0|1: stop by itself when the recording has been closed */
    uint32_t depth_max; /* max_depth=N: deeper calls are left out; 0 = any */
    uint64_t bytes_max; /* max_bytes=N: of the recording; 0 = any */
    const char *include[CONFIG_PATTERNS_MAX + 1]; /* include=PATTERN, repeated; NULL-ended */
    const char *exclude[CONFIG_PATTERNS_MAX + 1]; /* exclude=PATTERN, repeated; NULL-ended */
    char text[CONFIG_BYTES_MAX];                  /* where the strings lie */
    char whole[CONFIG_BYTES_MAX];                 /* as it was given, for children */
};

/* 0, or -1 if it names no file or is too long. */
int config_parse(struct config *ret_config, const char *text);

/* Is a function of this file to be recorded? A pattern is the beginning of a path, or a glob if it has one of *?[. */
bool config_wants(const struct config *c, const char *file);

#endif
