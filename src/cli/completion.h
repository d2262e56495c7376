/* Completion scripts from the tables. A shell is one file of this folder and one row in
 * completions_command.c. */
#ifndef HEATLINE_CLI_COMPLETION_H
#define HEATLINE_CLI_COMPLETION_H

#include "base/str.h"
#include "cli/command.h"

void completion_bash(struct str *s);
void completion_zsh(struct str *s);
void completion_fish(struct str *s);

/* Calls for each option that is shown. */
void completion_each(const struct command *command, struct str *s,
                     void (*add)(struct str *s, const struct command *command,
                                 const struct option *row));
/* "svg raw …", or "" for a row without choices. */
void completion_choices(struct str *s, const struct option *row);

#endif
