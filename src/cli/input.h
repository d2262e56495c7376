/* A recording, opened and read. */
#ifndef HEATLINE_CLI_INPUT_H
#define HEATLINE_CLI_INPUT_H

#include "cli/option.h"
#include "model/profile.h"
#include "recording/reader.h"

struct input {
    struct reader *reader;
    struct profile *profile;
    struct reader_summary summary;
};

/* The only operand. NULL with `err` set if there is none or more than one. */
const char *input_operand(const struct arguments *arguments, struct err *err);

/* 0, or -1 with nothing to release. */
int input_open(struct input *in, const char *path, struct err *err);
/* Tells on standard error what is missing from the recording, if something is. */
void input_warn(const struct input *in, const char *path);
void input_release(struct input *in);

#endif
