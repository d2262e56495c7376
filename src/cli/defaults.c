#include "cli/defaults.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/str.h"

struct file {
    const struct command *command;
    const char *path, *section; /* that is looked for */
    const char *at;             /* what is left of its text */
    unsigned line;
    struct vec *words;
    struct err *err;
};

static int read_text(const char *path, struct str *ret_text)
{
    char bytes[4096];
    ssize_t got = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        while ((got = read(fd, bytes, sizeof(bytes))) > 0)
            str_add_bytes(ret_text, bytes, (size_t)got);
    close(fd);
    return got ? -1 : 0;
}

static int wrong(struct file *f, const char *what)
{
    return err_set(f->err, STATUS_USAGE, "%s:%u: %s", f->path, f->line, what);
}

static void skip_blanks(struct file *f)
{
    while (*f->at == ' ' || *f->at == '\t' || *f->at == '\r')
        f->at++;
}

/* In an array: ends of lines and comments, too. */
static void skip_space(struct file *f)
{
    for (;; f->at++) {
        skip_blanks(f);
        if (*f->at == '#')
            f->at += strcspn(f->at, "\n");
        if (*f->at != '\n')
            return;
        f->line++;
    }
}

/* One word of a command line, tried by itself so that a mistake can be told with its place. */
static int add_word(struct file *f, const char *key, const struct str *value)
{
    struct str word = STR_EMPTY;
    bool flag = strcmp(value->data, "true") == 0;
    if (strcmp(value->data, "false") == 0)
        return 0;
    str_printf(&word, flag ? "--%s" : "--%s=%s", key, value->data);
    struct err err = {0};
    struct arguments ignored;
    void *options = alloc_zeroed(1, f->command->options_bytes + 1);
    char *const argv[] = {word.data, NULL};
    int failed = option_parse(f->command->groups, false, argv, options, &ignored, &err);
    option_release(f->command->groups, options, &ignored);
    free(options);
    if (failed) {
        wrong(f, err.text);
        if (err.hint[0])
            err_hint(f->err, "%s", err.hint);
        str_release(&word);
        return -1;
    }
    *(char **)vec_push(f->words) = word.data;
    return 0;
}

/* "…" with its escapes, '…' as it is. */
static int quoted(struct file *f, struct str *ret_value)
{
    char quote = *f->at++;
    for (; *f->at && *f->at != '\n' && *f->at != quote; f->at++) {
        if (quote == '"' && *f->at == '\\' && f->at[1] && f->at[1] != '\n')
            f->at++;
        str_add_bytes(ret_value, f->at, 1);
    }
    if (*f->at != quote)
        return wrong(f, "a quote is not closed");
    f->at++;
    return 0;
}

/* A value, up to the end of the line or one of `ends`. */
static int value_at(struct file *f, const char *ends, struct str *ret_value)
{
    str_clear(ret_value);
    str_add(ret_value, "");
    if (*f->at == '"' || *f->at == '\'')
        return quoted(f, ret_value);
    size_t len = strcspn(f->at, ends);
    while (len && isspace((unsigned char)f->at[len - 1]))
        len--;
    str_add_bytes(ret_value, f->at, len);
    f->at += strcspn(f->at, ends);
    return 0;
}

static int take_array(struct file *f, const char *key, struct str *value)
{
    f->at++;
    for (skip_space(f); *f->at && *f->at != ']'; skip_space(f)) {
        if (value_at(f, ",]#\n", value) || add_word(f, key, value))
            return -1;
        skip_space(f);
        if (*f->at == ',')
            f->at++;
        else if (*f->at != ']')
            return wrong(f, "a comma or ] is missing");
    }
    if (!*f->at)
        return wrong(f, "] is missing");
    f->at++;
    return 0;
}

/* "KEY = VALUE", "KEY = VALUE, VALUE" or "KEY = [VALUE, VALUE]". */
static int take_option(struct file *f, struct str *key, struct str *value)
{
    size_t len = strcspn(f->at, "=\n");
    if (f->at[len] != '=')
        return wrong(f, "a line is neither [SECTION] nor KEY = VALUE");
    str_clear(key);
    str_add_bytes(key, f->at, len);
    while (key->len && isspace((unsigned char)key->data[key->len - 1]))
        key->data[--key->len] = '\0';
    f->at += len + 1;
    skip_blanks(f);
    if (*f->at == '[')
        return take_array(f, key->data, value);
    do {
        if (*f->at == ',')
            f->at++;
        skip_blanks(f);
        if (value_at(f, ",#\n", value) || add_word(f, key->data, value))
            return -1;
        skip_blanks(f);
    } while (*f->at == ',');
    return 0;
}

static int take_lines(struct file *f)
{
    struct str key = STR_EMPTY, value = STR_EMPTY;
    bool inside = false;
    int failed = 0;
    for (f->line = 1; *f->at && !failed; f->line++) {
        skip_blanks(f);
        size_t name = strlen(f->section);
        if (*f->at == '[')
            inside = strncmp(f->at + 1, f->section, name) == 0 && f->at[1 + name] == ']';
        else if (inside && *f->at != '\n' && *f->at && !strchr("#;", *f->at))
            failed = take_option(f, &key, &value);
        f->at += strcspn(f->at, "\n");
        f->at += *f->at == '\n';
    }
    str_release(&key);
    str_release(&value);
    return failed;
}

/* 1: there is no such file. */
static int take_file(const struct command *command, const char *path, const char *prefix,
                     struct vec *words, struct err *err)
{
    struct str text = STR_EMPTY, section = STR_EMPTY;
    int result = 1;
    str_printf(&section, "%s%s", prefix, command->name);
    str_add(&text, "");
    if (read_text(path, &text) == 0) {
        struct file file = {command, path, section.data, text.data, 0, words, err};
        result = take_lines(&file);
    }
    str_release(&text);
    str_release(&section);
    return result;
}

static int take_configured(const struct command *command, struct vec *words, struct err *err)
{
    struct str path = STR_EMPTY;
    const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int result = take_file(command, ".heatlinerc", "", words, err);
    if (folder && *folder == '/')
        str_printf(&path, "%s/heatlinerc", folder);
    else if (home)
        str_printf(&path, "%s/.config/heatlinerc", home);
    if (result == 1 && path.len)
        result = take_file(command, path.data, "", words, err);
    str_release(&path);
    return result < 0 ? -1 : 0;
}

/* The nearest one, upwards. It comes first, so that what .heatlinerc says counts. */
static int take_project(const struct command *command, struct vec *words, struct err *err)
{
    char folder[PATH_MAX];
    struct str path = STR_EMPTY;
    int result = 1;
    if (!getcwd(folder, sizeof(folder)))
        return 0;
    for (char *end = folder + strlen(folder); result == 1; end = strrchr(folder, '/')) {
        if (!end)
            break;
        *end = '\0';
        str_clear(&path);
        str_printf(&path, "%s/pyproject.toml", folder);
        result = take_file(command, path.data, "tool.heatline.", words, err);
    }
    str_release(&path);
    return result < 0 ? -1 : 0;
}

int defaults_words(const struct command *command, const char *file, struct vec *words,
                   struct err *err)
{
    if (!file)
        return take_project(command, words, err) || take_configured(command, words, err) ? -1 : 0;
    int result = take_file(command, file, "", words, err);
    if (result == 1)
        return err_system(err, errno ? errno : EINVAL, "cannot read %s", file);
    return result;
}
