/* A recording, opened and read into a profile that a view can show. */
#ifndef HEATLINE_CLI_INPUT_H
#define HEATLINE_CLI_INPUT_H

#include "analysis/spans.h"
#include "cli/option.h"
#include "model/profile.h"
#include "recording/reader.h"

struct input {
    struct reader *reader;
    struct profile *profile;
    struct reader_summary summary;
    struct spans spans; /* counts; of input_count only */
};

/* The only operand. NULL with `err` set if there is none or more than one. */
const char *input_operand(const struct arguments *arguments, struct err *err);

/* `calls`: as samples, if there are any (slices_replay). 0, or -1 with nothing to release. */
int input_open(struct input *in, const char *path, bool calls, struct err *err);
/* The same, but that calls are only counted. */
int input_count(struct input *in, const char *path, struct err *err);
/* Tells on standard error what is missing from the recording, if something is. */
void input_warn(const struct reader_summary *summary, const char *path);
/* The same of calls that were followed. */
void input_warn_calls(const struct spans *spans, const char *path);
void input_release(struct input *in);

#endif
