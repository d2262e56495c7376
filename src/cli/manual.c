/* Writes commands and options as roff. What is not in a table is written by hand in
 * docs/man/heatline.1.in; tools/manual puts both together. */
#include "cli/manual.h"

#include "cli/command.h"
#include "export/exporter.h"

/* Text of a line that does not begin with a macro. */
static void add_text(struct str *s, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            str_add(s, "\\e");
        else if (*text == '-')
            str_add(s, "\\-");
        else if (*text == '\n')
            str_add(s, text[1] == '\n' ? "\n.PP" : "\n");
        else
            str_add_bytes(s, text, 1);
    }
}

static void add_line(struct str *s, const char *text)
{
    if (*text == '.' || *text == '\'')
        str_add(s, "\\&");
    add_text(s, text);
    str_add(s, "\n");
}

static void add_option(struct str *s, const struct option *row)
{
    str_add(s, ".TP\n\\fB");
    if (row->letter != 0)
        str_printf(s, "\\-%c\\fR, \\fB", row->letter);
    str_add(s, "\\-\\-");
    add_text(s, row->name);
    str_add(s, "\\fR");
    if (row->argument != NULL) {
        str_add(s, " \\fI");
        add_text(s, row->argument);
        str_add(s, "\\fR");
    }
    str_add(s, "\n");
    add_text(s, row->doc);
    if (row->choice != NULL && row->kind != OPTION_CHOICE) {
        for (size_t i = 0; row->choice(i) != NULL; i++)
            str_printf(s, "%s%s", i > 0 ? ", " : ": ", row->choice(i));
    }
    str_add(s, ".\n");
}

/* The command before this one that has the same rows, and so describes them. */
static const struct command *described_by(const struct command *command, const struct option *rows)
{
    for (const struct command *const *c = commands; *c != command; c++) {
        if ((*c)->hidden)
            continue;
        for (const struct option_group *group = (*c)->groups; group->rows != NULL; group++) {
            if (group->rows == rows)
                return *c;
        }
    }
    return NULL;
}

/* It has no heading and is described where the one before it is: one list of both. */
static bool goes_on(const struct command *command, const struct option_group *group)
{
    const struct command *other = described_by(command, group->rows);
    return other != NULL && group->heading == NULL && group != command->groups &&
           described_by(command, group[-1].rows) == other;
}

static void add_group(struct str *s, const struct command *command,
                      const struct option_group *group)
{
    const struct command *other = described_by(command, group->rows);

    if (group->rows == option_help_rows)
        return;
    if (group->heading != NULL)
        str_printf(s, ".PP\n%s:\n", group->heading);
    if (other != NULL) {
        if (!goes_on(command, group))
            str_printf(s, ".PP\nOptions as of \\fBheatline %s\\fR:\n", other->name);
        for (const struct option *row = group->rows; row->name != NULL; row++) {
            str_add(s, "\\fB\\-\\-");
            add_text(s, row->name);
            bool last = row[1].name == NULL && !goes_on(command, group + 1);
            str_add(s, last ? "\\fR.\n" : "\\fR,\n");
        }
        return;
    }
    for (const struct option *row = group->rows; row->name != NULL; row++) {
        if (!row->hidden)
            add_option(s, row);
    }
}

static void add_command(struct str *s, const struct command *command)
{
    str_printf(s, ".SS heatline %s\n", command->name);
    for (const char *const *usage = command->usage; *usage != NULL; usage++) {
        str_printf(s, "\\fBheatline %s\\fR ", command->name);
        add_text(s, *usage);
        str_add(s, usage[1] != NULL ? "\n.br\n" : "\n");
    }
    str_add(s, ".PP\n");
    add_text(s, command->doc);
    str_add(s, ".\n");
    if (command->about != NULL) {
        str_add(s, ".PP\n");
        add_line(s, command->about);
    }
    for (const struct option_group *group = command->groups; group->rows != NULL; group++)
        add_group(s, command, group);
    if (command->examples == NULL)
        return;
    str_add(s, ".PP\nExamples:\n");
    for (const char *const *example = command->examples; *example != NULL; example += 2) {
        str_add(s, ".PP\n");
        add_line(s, example[0]);
        str_add(s, ".br\n\\fB");
        add_text(s, example[1]);
        str_add(s, "\\fR\n");
    }
}

static void add_format(struct str *s, const struct exporter *format)
{
    str_printf(s, ".TP\n\\fB%s\\fR (", format->name);
    for (const char *c = format->suffixes; *c != '\0'; c++)
        str_printf(s, "%s%c", *c == ' ' ? "," : "", *c);
    str_add(s, ")\n");
    add_line(s, format->doc);
}

void manual_tables(struct str *s)
{
    str_add(s, ".SH COMMANDS\n");
    for (const struct command *const *c = commands; *c != NULL; c++) {
        if (!(*c)->hidden)
            add_command(s, *c);
    }
    str_add(s, ".SH OUTPUT FORMATS\n");
    for (const struct exporter *format = exporters; format->name != NULL; format++)
        add_format(s, format);
}
