/* Bash: a function that looks at the command, the word before and the word itself. */
#include "cli/completion.h"

static void add_word(struct str *s, const struct command *command, const struct option *row)
{
    (void)command;
    if (row->letter != 0)
        str_printf(s, "-%c ", row->letter);
    str_printf(s, "--%s ", row->name);
}

static void add_value(struct str *s, const struct command *command, const struct option *row)
{
    struct str choices = STR_EMPTY;

    if (row->argument == NULL)
        return;
    completion_choices(&choices, row);
    str_add(s, "    ");
    if (row->letter != 0)
        str_printf(s, "%s:-%c | ", command->name, row->letter);
    str_printf(s, "%s:--%s) ", command->name, row->name);
    if (choices.len > 0)
        str_printf(s, "words='%s' ;;\n", choices.data);
    else
        str_add(s, row->file ? "files=1 ;;\n" : "return ;;\n");
    str_release(&choices);
}

static void add_words(struct str *s, const struct command *command)
{
    str_printf(s, "        %s) words='", command->name);
    completion_each(command, s, add_word);
    if (s->data[s->len - 1] == ' ')
        s->len--;
    str_add(s, "' ;;\n");
}

static void each_command(struct str *s, void (*add)(struct str *s, const struct command *command))
{
    for (const struct command *const *c = commands; *c != NULL; c++) {
        if (!(*c)->hidden)
            add(s, *c);
    }
}

static void add_name(struct str *s, const struct command *command)
{
    str_printf(s, "%s ", command->name);
}

static void add_values(struct str *s, const struct command *command)
{
    completion_each(command, s, add_value);
}

void completion_bash(struct str *s)
{
    str_add(s, "# bash completion for heatline; made by `heatline completions bash`\n\n"
               "_heatline()\n{\n"
               "    local current=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD - 1]}\n"
               "    local words= files= i\n\n"
               "    COMPREPLY=()\n"
               "    if ((COMP_CWORD == 1)); then\n"
               "        COMPREPLY=($(compgen -W '");
    each_command(s, add_name);
    str_add(s, "--help --version' -- \"$current\"))\n"
               "        return\n"
               "    fi\n"
               "    # The program to run completes as if it stood alone.\n"
               "    for ((i = 2; i < COMP_CWORD; i++)); do\n"
               "        if [[ ${COMP_WORDS[i]} == -- ]]; then\n"
               "            declare -F _command_offset >/dev/null && _command_offset $((i + 1))\n"
               "            return\n"
               "        fi\n"
               "    done\n"
               "    if [[ $current == = ]]; then\n"
               "        current=\n"
               "    elif [[ $last == = ]]; then\n"
               "        last=${COMP_WORDS[COMP_CWORD - 2]}\n"
               "    fi\n"
               "    case ${COMP_WORDS[1]}:$last in\n");
    each_command(s, add_values);
    str_add(s, "    esac\n"
               "    if [[ -z $words && -z $files && $current == -* ]]; then\n"
               "        case ${COMP_WORDS[1]} in\n");
    each_command(s, add_words);
    str_add(s, "        esac\n"
               "    fi\n"
               "    if [[ -n $words ]]; then\n"
               "        COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
               "    else\n"
               "        compopt -o filenames 2>/dev/null\n"
               "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
               "    fi\n"
               "}\n\n"
               "complete -F _heatline heatline\n");
}
