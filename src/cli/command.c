/* The table of commands, and how one is found by what was typed. */
#include "cli/command.h"

#include <string.h>

#include "cli/suggest.h"

const struct command *const commands[] = {
    &command_record, &command_trace,       &command_top,   &command_dump,   &command_doctor,
    &command_report, &command_diff,        &command_merge, &command_export, &command_info,
    &command_help,   &command_completions, NULL,
};

static const char *name_at(size_t i)
{
    return commands[i] != NULL ? commands[i]->name : NULL;
}

static int unknown(const char *typed, struct err *err)
{
    const char *near = suggest_choice(typed, name_at);

    err_set(err, STATUS_USAGE, "there is no command '%s'", typed);
    return near != NULL ? err_hint(err, "did you mean `heatline %s`?", near)
                        : err_hint(err, "`heatline help` lists the commands");
}

const struct command *command_named(const char *typed, struct err *err)
{
    const struct command *found = NULL;

    for (const struct command *const *c = commands; *c != NULL; c++) {
        if (strcmp((*c)->name, typed) == 0)
            return *c;
        if ((*c)->hidden || typed[0] == '\0' || strncmp((*c)->name, typed, strlen(typed)) != 0)
            continue;
        if (found != NULL) {
            err_set(err, STATUS_USAGE, "'%s' may mean %s or %s", typed, found->name, (*c)->name);
            return NULL;
        }
        found = *c;
    }
    if (found == NULL)
        unknown(typed, err);
    return found;
}
