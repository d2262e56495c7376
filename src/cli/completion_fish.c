/* Fish: a `complete` line per command and per option. */
#include "cli/completion.h"

/* Inside '…'. */
static void add_quoted(struct str *s, const char *text)
{
    str_add(s, "'");
    for (; *text != '\0'; text++)
        str_printf(s, "%s%c", *text == '\'' || *text == '\\' ? "\\" : "", *text);
    str_add(s, "'");
}

static void add_option(struct str *s, const struct command *command, const struct option *row)
{
    struct str choices = STR_EMPTY;

    str_printf(s, "complete -c heatline -n '__fish_seen_subcommand_from %s'", command->name);
    if (row->letter != 0)
        str_printf(s, " -s %c", row->letter);
    str_printf(s, " -l %s", row->name);
    completion_choices(&choices, row);
    if (choices.len > 0)
        str_printf(s, " -x -a '%s'", choices.data);
    else if (row->argument != NULL)
        str_add(s, row->file ? " -r -F" : " -x");
    str_add(s, " -d ");
    add_quoted(s, row->doc);
    str_add(s, "\n");
    str_release(&choices);
}

void completion_fish(struct str *s)
{
    str_add(s, "# fish completion for heatline; made by `heatline completions fish`\n\n"
               "complete -c heatline -n __fish_use_subcommand -f\n");
    for (const struct command *const *c = commands; *c != NULL; c++) {
        if ((*c)->hidden)
            continue;
        str_printf(s, "\ncomplete -c heatline -n __fish_use_subcommand -a %s -d ", (*c)->name);
        add_quoted(s, (*c)->doc);
        str_add(s, "\n");
        completion_each(*c, s, add_option);
    }
}
