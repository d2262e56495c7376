/* `heatline help [COMMAND]`. */
#include <stdio.h>

#include "base/str.h"
#include "cli/command.h"
#include "cli/help.h"

static int run(const struct arguments *arguments, struct err *err)
{
    struct str s = STR_EMPTY;

    if (arguments->operand_count == 0) {
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
static const struct option_group groups[] = {{"Options", option_help_rows, 0}, {0}};

const struct command command_help = {
    .name = "help",
    .doc = "Tell about heatline or one of its commands",
    .usage = usage,
    .groups = groups,
    .run = run,
};
