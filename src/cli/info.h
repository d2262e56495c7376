/* What a recording says of itself. */
#ifndef HEATLINE_CLI_INFO_H
#define HEATLINE_CLI_INFO_H

#include "base/out.h"
#include "cli/input.h"

struct info {
    const char *path;
    const struct input *input;
    double duration_s;
    double rate_hz, achieved_hz; /* asked for; looks at a process per second of its life */
    char started[32];            /* ISO 8601, UTC */
    uint64_t *thread_samples;    /* by thread */
};

void info_init(struct info *info, const char *path, const struct input *input);
void info_release(struct info *info);

/* "3.14.0rc2" from PY_VERSION_HEX; "3.8" where no more of it is known; "" for 0. */
void info_python(uint32_t version_hex, char *text, size_t text_bytes);
/* Seconds since the recording began. */
double info_since_start(const struct info *info, uint64_t t_ns);

void info_text(const struct info *info, struct out *o);
void info_json(const struct info *info, struct out *o);

#endif
