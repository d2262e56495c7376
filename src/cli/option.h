/* Options of a command: a row each. The rows make the parser, --help, the man page and the
 * completions.
 *
 * Understood: --name value, --name=value, unambiguous beginnings of long names, `_` for `-` in
 * them, -nVALUE, -n VALUE, -n=VALUE, letters in one word (-st), `--` ends the options. */
#ifndef HEATLINE_CLI_OPTION_H
#define HEATLINE_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"

#define OPTION_UNLIMITED UINT64_MAX

/* What lies at the row's offset. */
enum option_kind {
    OPTION_FLAG,    /* bool: becomes true */
    OPTION_SET,     /* int: becomes `min`; for the short form of a choice */
    OPTION_COUNT,   /* uint64_t: how often it was given */
    OPTION_CHOICE,  /* int: index of the value in `choice` */
    OPTION_UINT,    /* uint64_t from min to max; decimal or 0x… */
    OPTION_UINTS,   /* struct vec of uint64_t: may be repeated */
    OPTION_SECONDS, /* uint64_t ns; max OPTION_UNLIMITED: or the word "unlimited" */
    OPTION_TIME,    /* uint64_t ns: a number and ns, us, ms or s; microseconds without a unit */
    OPTION_SIZE,    /* uint64_t bytes: a number and K, M, G or T; mebibytes without a unit */
    OPTION_RANGE,   /* struct option_range: A..B, A.. or ..B; seconds without a unit */
    OPTION_TEXT,    /* const char * */
    OPTION_TEXTS,   /* struct vec of const char *: may be repeated; NULL follows the last */
    OPTION_HELP,    /* nothing: sets arguments.help */
    OPTION_RCFILE,  /* nothing: sets arguments.rcfile */
};

struct option_range {
    uint64_t from_ns, to_ns; /* 0 = not given */
};

struct option {
    const char *name; /* without dashes; NULL ends the rows */
    char letter;      /* 0 = none */
    enum option_kind kind;
    const char *argument;            /* name of the value for --help; NULL if it takes none */
    size_t offset;                   /* in the group's struct */
    uint64_t min, max;               /* of numbers; of seconds in nanoseconds, of sizes in bytes */
    const char *(*choice)(size_t i); /* the i-th value it may have, NULL beyond the last; or NULL */
    const char *excludes; /* name of a flag of the same group that cannot be given as well */
    const char *doc;      /* begins with a capital, no full stop */
    bool hidden;          /* accepted, but not shown */
    bool file;            /* the value is a file name: completions offer files */
};

/* "300ns", "5.5us", "2ms", "1s"; without a unit, microseconds. 0 or -1. */
int option_parse_time(const char *text, uint64_t *ret_ns);

/* Rows about one struct, which lies at `offset` in the command's own. */
struct option_group {
    const char *heading;       /* of --help; NULL = goes on under the last one */
    const struct option *rows; /* NULL ends the groups */
    size_t offset;
};

extern const struct option option_help_rows[]; /* -h, --help */

struct arguments {
    const void *options;   /* the command's own struct, filled */
    char *const *operands; /* NULL-ended */
    size_t operand_count;
    bool help;          /* --help was there; nothing after it was looked at */
    const char *rcfile; /* where options are written down; NULL: wherever there is such a file */
};

/* Fills `options` (which holds the defaults) and `ret_arguments` from argv (NULL-ended, without
 * the command's name). With `program` the first operand ends the options: it and what follows is
 * somebody else's command line. 0 or -1 with STATUS_USAGE. option_release either way. */
int option_parse(const struct option_group *groups, bool program, char *const *argv, void *options,
                 struct arguments *ret_arguments, struct err *err);
void option_release(const struct option_group *groups, void *options, struct arguments *arguments);

#endif
