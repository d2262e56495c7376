/* Zsh: an _arguments call per command. */
#include <string.h>

#include "cli/completion.h"

/* Inside '…' of an _arguments specification. */
static void add_doc(struct str *s, const char *doc)
{
    for (; *doc != '\0'; doc++) {
        if (*doc == '\'')
            str_add(s, "'\\''");
        else
            str_printf(s, "%s%c", strchr("[]:\\", *doc) != NULL ? "\\" : "", *doc);
    }
}

static void add_spec(struct str *s, const struct option *row, const char *before, const char *name,
                     const char *after)
{
    bool repeated =
        row->kind == OPTION_TEXTS || row->kind == OPTION_UINTS || row->kind == OPTION_COUNT;

    str_add(s, " \\\n            '");
    if (repeated)
        str_add(s, "*");
    else if (row->letter != 0)
        str_printf(s, "(-%c --%s)", row->letter, row->name);
    str_printf(s, "%s%s%s[", before, name, row->argument != NULL ? after : "");
    add_doc(s, row->doc);
    str_add(s, "]");
    if (row->argument != NULL) {
        struct str choices = STR_EMPTY;
        completion_choices(&choices, row);
        str_printf(s, ":%s:", row->argument);
        if (choices.len > 0)
            str_printf(s, "(%s)", choices.data);
        else if (row->file)
            str_add(s, "_files");
        str_release(&choices);
    }
    str_add(s, "'");
}

static void add_option(struct str *s, const struct command *command, const struct option *row)
{
    char letter[2] = {row->letter, '\0'};

    (void)command;
    if (row->letter != 0)
        add_spec(s, row, "-", letter, "+");
    add_spec(s, row, "--", row->name, "=");
}

static void add_command(struct str *s, const struct command *command)
{
    str_printf(s, "    %s)\n        _arguments -s -S", command->name);
    completion_each(command, s, add_option);
    if (command->program)
        str_add(s, " \\\n            '(-)1:command:_command_names -e' \\\n"
                   "            '*::arguments:_normal'");
    else
        str_add(s, " \\\n            '*:file:_files'");
    str_add(s, "\n        ;;\n");
}

void completion_zsh(struct str *s)
{
    str_add(s, "#compdef heatline\n# zsh completion for heatline; made by `heatline completions "
               "zsh`\n\n_heatline() {\n    local -a commands=(\n");
    for (const struct command *const *c = commands; *c != NULL; c++) {
        if ((*c)->hidden)
            continue;
        str_printf(s, "        '%s:", (*c)->name);
        add_doc(s, (*c)->doc);
        str_add(s, "'\n");
    }
    str_add(s, "    )\n"
               "    if ((CURRENT == 2)); then\n"
               "        _describe command commands\n"
               "        return\n"
               "    fi\n"
               "    local command=$words[2]\n"
               "    shift words\n"
               "    ((CURRENT--))\n"
               "    case $command in\n");
    for (const struct command *const *c = commands; *c != NULL; c++) {
        if (!(*c)->hidden)
            add_command(s, *c);
    }
    str_add(s, "    esac\n}\n\n_heatline \"$@\"\n");
}
