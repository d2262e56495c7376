/* `heatline help [COMMAND]`; with --man, what tools/manual puts into the man page. */
#include <stdio.h>

#include "base/str.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/manual.h"

struct help_options {
    bool man;
};

static int run(const struct arguments *arguments, struct err *err)
{
    const struct help_options *options = arguments->options;
    struct str s = STR_EMPTY;

    if (options->man) {
        manual_tables(&s);
    } else if (arguments->operand_count == 0) {
        help_overview(&s);
    } else {
        const struct command *command = command_named(arguments->operands[0], err);
        if (command == NULL)
            return -1;
        help_command(&s, command);
    }
    fwrite(s.data, 1, s.len, stdout);
    str_release(&s);
    return fflush(stdout) == 0 ? STATUS_OK : STATUS_FAIL;
}

static const char *const usage[] = {"[COMMAND]", NULL};
static const struct option rows[] = {
    {.name = "man",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct help_options, man),
     .hidden = true,
     .doc = "Write what the man page says of the commands"},
    {0},
};
static const struct option_group groups[] = {
    {"Options", option_help_rows, 0},
    {NULL, rows, 0},
    {0},
};

const struct command command_help = {
    .name = "help",
    .doc = "Tell about heatline or one of its commands",
    .usage = usage,
    .groups = groups,
    .options_bytes = sizeof(struct help_options),
    .run = run,
};
