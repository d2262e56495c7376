/* Finds the command, parses its options, runs it and reports how it ended. argv[0] changes
 * nothing. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/defaults.h"
#include "cli/help.h"
#include "cli/message.h"

static int print(struct str *s, int status)
{
    fwrite(s->data, 1, s->len, stdout);
    str_release(s);
    return fflush(stdout) == 0 ? status : STATUS_FAIL;
}

static int print_help(const struct command *command)
{
    struct str s = STR_EMPTY;

    help_command(&s, command);
    return print(&s, STATUS_OK);
}

/* Parses again, with the options that the user has written down before those on the command line. */
static int parse_with_defaults(const struct command *command, char *const *argv, void *options,
                               struct arguments *arguments, struct vec *words, struct err *err)
{
    if (defaults_words(command, arguments->rcfile, words, err))
        return -1;
    if (!words->len)
        return 0;
    for (; *argv; argv++)
        *(char **)vec_push(words) = alloc_copy(*argv, strlen(*argv));
    *(char **)vec_push(words) = NULL;
    option_release(command->groups, options, arguments);
    memset(options, 0, command->options_bytes);
    if (command->defaults != NULL)
        memcpy(options, command->defaults, command->options_bytes);
    return option_parse(command->groups, command->program, words->data, options, arguments, err);
}

static int run_command(const struct command *command, char *const *argv, struct err *err)
{
    struct arguments arguments;
    void *options = alloc_zeroed(1, command->options_bytes + 1);

    if (command->defaults != NULL)
        memcpy(options, command->defaults, command->options_bytes);
    /* A reader that has seen enough (`| head`) ends us quietly. Who runs a program keeps the
     * signals as they are: the program inherits them. */
    if (!command->program)
        signal(SIGPIPE, SIG_DFL);
    int status = option_parse(command->groups, command->program, argv, options, &arguments, err);
    struct vec words;
    vec_init(&words, sizeof(char *));
    if (status == 0 && !arguments.help)
        status = parse_with_defaults(command, argv, options, &arguments, &words, err);
    if (status != 0 && err->hint[0] == '\0')
        err_hint(err, "`heatline %s --help` lists the options", command->name);
    if (status == 0)
        status = arguments.help ? print_help(command) : command->run(&arguments, err);
    option_release(command->groups, options, &arguments);
    for (size_t i = 0; i < words.len; i++)
        free(*(char **)vec_at(&words, i));
    vec_release(&words);
    free(options);
    return status;
}

static int no_command(const char *typed, struct err *err)
{
    struct str s = STR_EMPTY;

    if (typed == NULL) {
        help_overview(&s);
        return print(&s, STATUS_USAGE);
    }
    if (strcmp(typed, "--version") == 0 || strcmp(typed, "-V") == 0) {
        str_add(&s, "heatline " HEATLINE_VERSION "\n");
        return print(&s, STATUS_OK);
    }
    if (strcmp(typed, "--help") == 0 || strcmp(typed, "-h") == 0) {
        help_overview(&s);
        return print(&s, STATUS_OK);
    }
    err_set(err, STATUS_USAGE, "unknown option '%s' before a command", typed);
    return err_hint(err, "options follow the command: `heatline record %s`", typed);
}

int main(int argc, char **argv)
{
    struct err err = {0};
    const char *typed = argc > 1 ? argv[1] : NULL;
    int status;

    /* For the widths of characters; what we write is UTF-8 in any locale. */
    setlocale(LC_CTYPE, "C.UTF-8");
    if (typed == NULL || typed[0] == '-') {
        status = no_command(typed, &err);
    } else {
        const struct command *command = command_named(typed, &err);
        status = command != NULL ? run_command(command, argv + 2, &err) : -1;
    }
    return status >= 0 ? status : message_error(&err);
}
