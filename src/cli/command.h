/* A command of heatline: a file of this folder and a row in command.c. The rows make `heatline
 * help`, the man page and the completions. */
#ifndef HEATLINE_CLI_COMMAND_H
#define HEATLINE_CLI_COMMAND_H

#include "cli/option.h"

struct command {
    const char *name;
    const char *doc;          /* one line: begins with a capital, no full stop */
    const char *const *usage; /* what follows "heatline NAME", a line each; NULL-ended */
    const char *about;        /* paragraphs for --help and the man page, "\n\n" between; or NULL */
    const char *const *examples; /* "what it does", "command line", …; NULL-ended; or NULL */
    const struct option_group *groups;
    size_t options_bytes; /* of the struct that the groups fill */
    const void *defaults; /* its initial value; NULL = all zero */
    bool program;         /* its operands are a command to run */
    bool hidden;          /* accepted, but not shown */
    /* The exit status of the process, or -1 with `err` set. Options are valid during the call. */
    int (*run)(const struct arguments *arguments, struct err *err);
};

extern const struct command command_completions;
extern const struct command command_diff;
extern const struct command command_doctor;
extern const struct command command_dump;
extern const struct command command_export;
extern const struct command command_help;
extern const struct command command_info;
extern const struct command command_merge;
extern const struct command command_record;
extern const struct command command_report;
extern const struct command command_top;
extern const struct command command_trace;

extern const struct command *const commands[]; /* NULL-ended */

/* By name or unambiguous beginning of one. NULL with `err` set. */
const struct command *command_named(const char *typed, struct err *err);

#endif
