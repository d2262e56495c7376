/* Lays out --help: usage, about, options in groups, examples. Plain ASCII and no colour, so that
 * it reads the same in a pager, a pipe and a bug report. */
#include "cli/help.h"

#include <string.h>

enum { OPTION_COLUMN = 28, COMMAND_COLUMN = 14 };

/* Words of `text` from column `at` on, wrapped; the cursor is at `at` already. Ends the line. */
static void add_wrapped(struct str *s, size_t at, const char *text)
{
    size_t column = at;

    while (*text != '\0') {
        size_t word_bytes = strcspn(text, " \n");
        if (column > at && column + 1 + word_bytes > HELP_COLUMNS) {
            str_printf(s, "\n%*s", (int)at, "");
            column = at;
        }
        if (column > at) {
            str_add(s, " ");
            column++;
        }
        str_add_bytes(s, text, word_bytes);
        column += word_bytes;
        text += word_bytes;
        if (strncmp(text, "\n\n", 2) == 0) {
            str_printf(s, "\n\n%*s", (int)at, "");
            column = at;
        }
        text += strspn(text, " \n");
    }
    str_add(s, "\n");
}

static void add_entry(struct str *s, size_t column, const char *name, const char *doc)
{
    if (strlen(name) + 2 > column)
        str_printf(s, "%s\n%*s", name, (int)column, "");
    else
        str_printf(s, "%-*s", (int)column, name);
    add_wrapped(s, column, doc);
}

void help_option_names(struct str *s, const struct option *row)
{
    if (row->letter != 0)
        str_printf(s, "-%c, ", row->letter);
    str_printf(s, "--%s", row->name);
    if (row->argument != NULL)
        str_printf(s, " %s", row->argument);
}

static void add_doc(struct str *doc, const struct option *row)
{
    str_add(doc, row->doc);
    if (row->choice == NULL || row->kind == OPTION_CHOICE)
        return;
    str_add(doc, ":");
    for (size_t i = 0; row->choice(i) != NULL; i++)
        str_printf(doc, "%s %s", i > 0 ? "," : "", row->choice(i));
}

static void add_group(struct str *s, const struct option_group *group)
{
    if (group->heading != NULL)
        str_printf(s, "\n%s:\n", group->heading);
    for (const struct option *row = group->rows; row->name != NULL; row++) {
        struct str name = STR_EMPTY, doc = STR_EMPTY;
        if (row->hidden)
            continue;
        str_add(&name, row->letter != 0 ? "  " : "      ");
        help_option_names(&name, row);
        add_doc(&doc, row);
        add_entry(s, OPTION_COLUMN, name.data, doc.data);
        str_release(&name);
        str_release(&doc);
    }
}

void help_command(struct str *s, const struct command *command)
{
    str_printf(s, "%s.\n\n", command->doc);
    for (const char *const *usage = command->usage; *usage != NULL; usage++) {
        str_printf(s, "%s heatline %s ", usage == command->usage ? "Usage:" : "      ",
                   command->name);
        add_wrapped(s, strlen("Usage: heatline  ") + strlen(command->name), *usage);
    }
    if (command->about != NULL) {
        str_add(s, "\n");
        add_wrapped(s, 0, command->about);
    }
    for (const struct option_group *group = command->groups; group->rows != NULL; group++)
        add_group(s, group);
    if (command->examples == NULL)
        return;
    str_add(s, "\nExamples:\n");
    for (const char *const *example = command->examples; *example != NULL; example += 2)
        str_printf(s, "  # %s\n  %s\n", example[0], example[1]);
}

void help_overview(struct str *s)
{
    str_add(s, "Heatline " HEATLINE_VERSION ": what Python programs spend their time on.\n\n"
               "Usage: heatline COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n");
    for (const struct command *const *c = commands; *c != NULL; c++) {
        if ((*c)->hidden)
            continue;
        str_printf(s, "  %-*s", COMMAND_COLUMN - 2, (*c)->name);
        add_wrapped(s, COMMAND_COLUMN, (*c)->doc);
    }
    str_add(s, "\n`heatline help COMMAND` or `heatline COMMAND --help` tells all about one.\n"
               "`heatline --version` tells the version.\n");
}
