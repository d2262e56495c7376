/* What the head of the screen tells of the programs and of the sampling. */
#ifndef HEATLINE_TUI_FACTS_H
#define HEATLINE_TUI_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FACTS_TREND_MAX = 120 };

struct facts {
    char command[512];
    char python[32]; /* "3.12.3"; "" = not known yet */
    uint32_t pid;    /* of the first process; 0 = none yet */
    bool free_threaded;
    uint64_t elapsed_ns, window_ns; /* since the start; what "now" is */
    double asked_hz, achieved_hz;
    uint64_t samples, rejected, truncated;
    uint32_t threads, processes;
    double cpu_percent, gil_percent; /* of one core; of the time */
    uint64_t resident_bytes;
    float cpu_trend[FACTS_TREND_MAX], gil_trend[FACTS_TREND_MAX]; /* the newest last */
    size_t trend_len;
    const char *note; /* instead of an empty table; or NULL */
};

#endif
