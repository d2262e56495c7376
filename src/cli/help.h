/* Help from the tables, at most HELP_COLUMNS wide. */
#ifndef HEATLINE_CLI_HELP_H
#define HEATLINE_CLI_HELP_H

#include "base/str.h"
#include "cli/command.h"

enum { HELP_COLUMNS = 80 };

void help_overview(struct str *s);
void help_command(struct str *s, const struct command *command);
/* What stands left of an option's doc: "-p, --pid <N>". */
void help_option_names(struct str *s, const struct option *row);

#endif
