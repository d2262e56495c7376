/* Reads a command line by the rows of its command. Knows the grammar of options; what a value may
 * be is option_value.c's business, what it means is the command's. */
#include "cli/option.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/option_value.h"
#include "cli/suggest.h"

const struct option option_help_rows[] = {
    {.name = "help", .letter = 'h', .kind = OPTION_HELP, .doc = "Show this help and exit"},
    {.name = "rcfile",
     .kind = OPTION_RCFILE,
     .argument = "FILE",
     .file = true,
     .doc = "Take options from this file, not from .heatlinerc and pyproject.toml"},
    {0},
};

struct parse {
    const struct option_group *groups;
    char *base; /* the command's options */
    char *const *next;
    struct arguments *arguments;
    struct err *err;
};

struct found {
    const struct option *row;
    void *at;
};

static struct found found_at(const struct parse *p, const struct option_group *group,
                             const struct option *row)
{
    return (struct found){row, p->base + group->offset + row->offset};
}

/* `_` stands for `-`: profilers differ in which they use. */
static bool begins_with(const char *name, const char *typed, size_t typed_bytes)
{
    for (size_t i = 0; i < typed_bytes; i++) {
        if (name[i] != (typed[i] == '_' ? '-' : typed[i]))
            return false;
    }
    return true;
}

static int unknown_long(const struct parse *p, const char *typed)
{
    const char *best = NULL;

    err_set(p->err, STATUS_USAGE, "unknown option '--%s'", typed);
    for (const struct option_group *group = p->groups; group->rows != NULL; group++) {
        for (const struct option *row = group->rows; row->name != NULL; row++) {
            if (!row->hidden && suggest_near(typed, row->name) &&
                (best == NULL ||
                 suggest_distance(typed, row->name) < suggest_distance(typed, best)))
                best = row->name;
        }
    }
    return best != NULL ? err_hint(p->err, "did you mean '--%s'?", best) : -1;
}

static int find_long(const struct parse *p, const char *typed, size_t typed_bytes,
                     struct found *ret_found)
{
    const struct option *other = NULL;
    struct found found = {0};

    for (const struct option_group *group = p->groups; group->rows != NULL; group++) {
        for (const struct option *row = group->rows; row->name != NULL; row++) {
            if (!begins_with(row->name, typed, typed_bytes))
                continue;
            if (row->name[typed_bytes] == '\0') {
                *ret_found = found_at(p, group, row);
                return 0;
            }
            if (found.row == NULL && !row->hidden)
                found = found_at(p, group, row);
            else if (other == NULL && !row->hidden)
                other = row;
        }
    }
    if (found.row == NULL || typed_bytes == 0) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)typed_bytes, typed);
        return unknown_long(p, name);
    }
    if (other != NULL)
        return err_set(p->err, STATUS_USAGE, "'--%.*s' may mean --%s or --%s", (int)typed_bytes,
                       typed, found.row->name, other->name);
    *ret_found = found;
    return 0;
}

static int find_letter(const struct parse *p, char letter, struct found *ret_found)
{
    for (const struct option_group *group = p->groups; group->rows != NULL; group++) {
        for (const struct option *row = group->rows; row->name != NULL; row++) {
            if (row->letter == letter) {
                *ret_found = found_at(p, group, row);
                return 0;
            }
        }
    }
    return err_set(p->err, STATUS_USAGE, "unknown option '-%c'", letter);
}

/* A word that begins with '-' is taken for a forgotten value's neighbour, unless it is "-" or a
 * number. */
static int value_of_next(struct parse *p, const struct option *row, const char **ret_value)
{
    const char *word = *p->next;

    if (word == NULL || (word[0] == '-' && word[1] != '\0' && !isdigit((unsigned char)word[1]))) {
        err_set(p->err, STATUS_USAGE, "--%s needs a value: --%s %s", row->name, row->name,
                row->argument);
        return word == NULL
                   ? -1
                   : err_hint(p->err, "write --%s=%s if that is the value", row->name, word);
    }
    p->next++;
    *ret_value = word;
    return 0;
}

static int take(struct parse *p, const struct found *found, const char *attached)
{
    const struct option *row = found->row;
    const char *value = attached;

    if (row->kind == OPTION_HELP)
        p->arguments->help = true;
    if (row->argument == NULL && attached != NULL)
        return err_set(p->err, STATUS_USAGE, "--%s takes no value", row->name);
    if (row->argument != NULL && attached == NULL && value_of_next(p, row, &value) != 0)
        return -1;
    if (row->kind == OPTION_RCFILE)
        p->arguments->rcfile = value;
    return option_value(row, value, found->at, p->err);
}

static int parse_long(struct parse *p, const char *word)
{
    size_t name_bytes = strcspn(word, "=");
    struct found found = {0};

    if (find_long(p, word, name_bytes, &found) != 0)
        return -1;
    return take(p, &found, word[name_bytes] == '=' ? word + name_bytes + 1 : NULL);
}

static int parse_letters(struct parse *p, const char *word)
{
    for (; *word != '\0' && !p->arguments->help; word++) {
        struct found found = {0};
        if (find_letter(p, *word, &found) != 0)
            return -1;
        const char *attached = word[1] == '=' ? word + 2 : word + 1;
        if (found.row->argument != NULL)
            return take(p, &found, word[1] != '\0' ? attached : NULL);
        if (take(p, &found, NULL) != 0)
            return -1;
    }
    return 0;
}

static const struct option *row_named(const struct option *rows, const char *name)
{
    while (strcmp(rows->name, name) != 0)
        rows++;
    return rows;
}

static int check_exclusions(const struct parse *p)
{
    for (const struct option_group *group = p->groups; group->rows != NULL; group++) {
        const char *base = p->base + group->offset;
        for (const struct option *row = group->rows; row->name != NULL; row++) {
            if (row->excludes == NULL || !*(const bool *)(base + row->offset))
                continue;
            if (*(const bool *)(base + row_named(group->rows, row->excludes)->offset))
                return err_set(p->err, STATUS_USAGE, "--%s and --%s cannot be used together",
                               row->name, row->excludes);
        }
    }
    return 0;
}

static bool has_letter(const struct option_group *groups, char letter)
{
    for (; groups->rows != NULL; groups++) {
        for (const struct option *row = groups->rows; row->name != NULL; row++) {
            if (row->letter == letter)
                return true;
        }
    }
    return false;
}

/* A module or code to run, as Python takes them, where a program is expected. */
static bool is_program(const struct parse *p, const char *word)
{
    return (strcmp(word, "-m") == 0 || strcmp(word, "-c") == 0) && !has_letter(p->groups, word[1]);
}

int option_parse(const struct option_group *groups, bool program, char *const *argv, void *options,
                 struct arguments *ret_arguments, struct err *err)
{
    struct parse p = {
        .groups = groups, .base = options, .next = argv, .arguments = ret_arguments, .err = err};
    size_t words = 0;
    bool ended = false;

    while (argv[words] != NULL)
        words++;
    char **operands = alloc_zeroed(words + 1, sizeof *operands);
    *ret_arguments = (struct arguments){.options = options, .operands = operands};

    while (*p.next != NULL && !ret_arguments->help) {
        char *word = *p.next++;
        int result = 0;
        if (ended || word[0] != '-' || word[1] == '\0' || (program && is_program(&p, word))) {
            operands[ret_arguments->operand_count++] = word;
            ended = ended || program;
        } else if (strcmp(word, "--") == 0) {
            ended = true;
        } else if (word[1] == '-') {
            result = parse_long(&p, word + 2);
        } else {
            result = parse_letters(&p, word + 1);
        }
        if (result != 0)
            return -1;
    }
    return ret_arguments->help ? 0 : check_exclusions(&p);
}

void option_release(const struct option_group *groups, void *options, struct arguments *arguments)
{
    for (const struct option_group *group = groups; group->rows != NULL; group++) {
        for (const struct option *row = group->rows; row->name != NULL; row++) {
            if (row->kind == OPTION_UINTS || row->kind == OPTION_TEXTS)
                vec_release((struct vec *)((char *)options + group->offset + row->offset));
        }
    }
    free((void *)arguments->operands);
    arguments->operands = NULL;
}
