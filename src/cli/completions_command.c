/* `heatline completions SHELL`. */
#include <stdio.h>
#include <string.h>

#include "cli/completion.h"

static const struct {
    const char *name;
    void (*write)(struct str *s);
} shells[] = {
    {"bash", completion_bash},
    {"zsh", completion_zsh},
    {"fish", completion_fish},
};

void completion_each(const struct command *command, struct str *s,
                     void (*add)(struct str *s, const struct command *command,
                                 const struct option *row))
{
    for (const struct option_group *group = command->groups; group->rows != NULL; group++) {
        for (const struct option *row = group->rows; row->name != NULL; row++) {
            if (!row->hidden)
                add(s, command, row);
        }
    }
}

void completion_choices(struct str *s, const struct option *row)
{
    for (size_t i = 0; row->choice != NULL && row->choice(i) != NULL; i++)
        str_printf(s, "%s%s", i > 0 ? " " : "", row->choice(i));
}

static int run(const struct arguments *arguments, struct err *err)
{
    struct str s = STR_EMPTY;

    for (size_t i = 0; arguments->operand_count == 1 && i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(arguments->operands[0], shells[i].name) == 0)
            shells[i].write(&s);
    }
    if (s.len == 0) {
        err_set(err, STATUS_USAGE, "completions are there for bash, zsh and fish");
        return err_hint(err, "`heatline completions bash` writes bash's");
    }
    fwrite(s.data, 1, s.len, stdout);
    str_release(&s);
    return fflush(stdout) == 0 ? STATUS_OK : STATUS_FAIL;
}

static const struct option_group groups[] = {{"Options", option_help_rows, 0}, {0}};
static const char *const usage[] = {"bash|zsh|fish", NULL};

const struct command command_completions = {
    .name = "completions",
    .doc = "Write the completions of a shell",
    .usage = usage,
    .groups = groups,
    .hidden = true,
    .run = run,
};
