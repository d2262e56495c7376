/* Decides whether a command line starts with a Python script and which interpreter the user means
 * for it. Knows Python's habits of being started (shebangs, venvs, zipapps); starts nothing. */
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/str.h"
#include "subject/spawn.h"

enum {
    SHEBANG_BYTES_MAX = 256, /* the kernel's own limit (BINPRM_BUF_SIZE) */
    SHEBANG_WORDS_MAX = 16,
    ZIP_TAIL_BYTES_MAX = 1 << 20, /* the directory of a zip is at its end */
};

struct shebang {
    char text[SHEBANG_BYTES_MAX];
    char *words[SHEBANG_WORDS_MAX]; /* the interpreter and its arguments */
    size_t count;                   /* 0: not a Python script */
};

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static bool has_python_suffix(const char *path)
{
    return ends_with(path, ".py") || ends_with(path, ".pyw") || ends_with(path, ".pyz") ||
           ends_with(path, ".pyc");
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* "#!/usr/bin/env -S A=1 python3 -u" is {"python3", "-u"}; the kernel's rule that everything after
 * the interpreter is one argument only matters for programs that rely on it failing. */
static void shebang_read(struct shebang *shebang, const char *path)
{
    shebang->count = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t len = fd < 0 ? -1 : read(fd, shebang->text, sizeof(shebang->text) - 1);
    if (fd >= 0)
        close(fd);
    if (len < 2 || memcmp(shebang->text, "#!", 2) != 0)
        return;
    shebang->text[len] = '\0';
    shebang->text[strcspn(shebang->text, "\r\n")] = '\0';
    size_t count = 0;
    char *rest;
    for (char *word = strtok_r(shebang->text + 2, " \t", &rest); word && count < SHEBANG_WORDS_MAX;
         word = strtok_r(NULL, " \t", &rest))
        shebang->words[count++] = word;

    size_t first = 0;
    if (count && strcmp(last_part(shebang->words[0]), "env") == 0)
        for (first = 1; first < count; first++)
            if (shebang->words[first][0] != '-' && !strchr(shebang->words[first], '='))
                break;
    if (first >= count)
        return;
    const char *name = last_part(shebang->words[first]);
    if (strncmp(name, "python", 6) != 0 && strncmp(name, "pypy", 4) != 0)
        return;
    memmove(shebang->words, shebang->words + first, (count - first) * sizeof(shebang->words[0]));
    shebang->count = count - first;
}

/* A central directory entry: "PK\1\2", 24 bytes, name length, 16 bytes, the name. */
static bool zip_has_main(const uint8_t *tail, size_t len_bytes)
{
    static const char NAME[] = "__main__.py";
    enum { NAME_LEN = sizeof(NAME) - 1, LENGTH_AT = 28, NAME_AT = 46 };
    for (size_t i = 0; i + NAME_AT + NAME_LEN <= len_bytes; i++)
        if (memcmp(tail + i, "PK\1\2", 4) == 0 && tail[i + LENGTH_AT] == NAME_LEN &&
            tail[i + LENGTH_AT + 1] == 0 && memcmp(tail + i + NAME_AT, NAME, NAME_LEN) == 0)
            return true;
    return false;
}

static bool is_python_zip(const char *path, off_t file_bytes)
{
    size_t want_bytes = file_bytes < ZIP_TAIL_BYTES_MAX ? (size_t)file_bytes : ZIP_TAIL_BYTES_MAX;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return false;
    char magic[4] = "";
    uint8_t *tail = NULL;
    ssize_t got = pread(fd, magic, sizeof(magic), 0);
    if (got == (ssize_t)sizeof(magic) && memcmp(magic, "PK\3\4", sizeof(magic)) == 0) {
        tail = alloc_zeroed(want_bytes, 1);
        got = pread(fd, tail, want_bytes, file_bytes - (off_t)want_bytes);
    }
    close(fd);
    bool found = tail && got > 0 && zip_has_main(tail, (size_t)got);
    free(tail);
    return found;
}

static bool directory_has_main(const char *path)
{
    struct str main_path = STR_EMPTY;
    str_printf(&main_path, "%s/__main__.py", path);
    bool found = access(main_path.data, R_OK) == 0;
    str_release(&main_path);
    return found;
}

static bool is_script(const char *path, struct shebang *shebang)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return false;
    if (S_ISDIR(st.st_mode))
        return directory_has_main(path);
    if (!S_ISREG(st.st_mode))
        return false;
    shebang_read(shebang, path);
    if (has_python_suffix(path))
        return true;
    if (access(path, X_OK) == 0)
        return false; /* it knows itself how to be run */
    return shebang->count || is_python_zip(path, st.st_size);
}

/* A name without a slash is a command first, unless it is plainly a script: `test` is /usr/bin/test
 * even beside a package of that name. */
static bool command_is_script(const char *name, struct shebang *shebang)
{
    if (!strchr(name, '/') && !has_python_suffix(name)) {
        char *command = spawn_find(name);
        if (command) {
            free(command);
            return false;
        }
    }
    return is_script(name, shebang);
}

/* The directory's own python, or NULL. One that another user planted in a shared directory above
 * ours (/tmp/.venv) is not the user's. */
static char *environment_python(const char *directory, bool must_be_ours)
{
    struct stat st;
    struct str path = STR_EMPTY;
    str_printf(&path, "%s/bin/python", directory);
    if (access(path.data, X_OK) == 0 &&
        (!must_be_ours ||
         (stat(directory, &st) == 0 && (st.st_uid == 0 || st.st_uid == geteuid()))))
        return path.data;
    str_release(&path);
    return NULL;
}

static char *project_python(void)
{
    char here[PATH_MAX];
    if (!getcwd(here, sizeof(here) - sizeof("/.venv")))
        return NULL;
    for (char *end = here + strlen(here);; end = strrchr(here, '/')) {
        if (!end)
            return NULL;
        strcpy(end, "/.venv");
        char *found = environment_python(here, true);
        if (found)
            return found;
        *end = '\0';
    }
}

/* The interpreter and, from a shebang, its arguments; in ret_argv. False: there is none. */
static bool add_interpreter(struct vec *ret_argv, const char *python, const struct shebang *shebang)
{
    const char *active = getenv("VIRTUAL_ENV");
    char *found = python ? alloc_copy(python, strlen(python)) : NULL;
    if (!found && active && *active)
        found = environment_python(active, false);
    if (!found)
        found = project_python();
    size_t shebang_words = 0;
    if (!found && shebang->count) {
        char *file = spawn_find(shebang->words[0]);
        if (file && access(file, X_OK) == 0) {
            found = alloc_copy(shebang->words[0], strlen(shebang->words[0]));
            shebang_words = shebang->count;
        }
        free(file);
    }
    for (int i = 0; !found && i < 2; i++) {
        const char *name = i ? "python" : "python3";
        char *file = spawn_find(name);
        if (file)
            found = alloc_copy(name, strlen(name));
        free(file);
    }
    if (!found)
        return false;
    *(char **)vec_push(ret_argv) = found;
    for (size_t i = 1; i < shebang_words; i++)
        *(char **)vec_push(ret_argv) = alloc_copy(shebang->words[i], strlen(shebang->words[i]));
    return true;
}

int spawn_argv(char *const *argv, const char *python, struct vec *ret_argv, struct err *err)
{
    struct shebang shebang = {.count = 0};
    if (!argv[0] || !argv[0][0])
        return err_set(err, STATUS_USAGE, "there is no command to run");

    struct vec result;
    vec_init(&result, sizeof(char *));
    bool option = strcmp(argv[0], "-m") == 0 || strcmp(argv[0], "-c") == 0;
    if ((option || command_is_script(argv[0], &shebang)) &&
        !add_interpreter(&result, python, &shebang)) {
        vec_release(&result);
        err_set(err, STATUS_NOT_FOUND, "there is no Python to run %s with", argv[0]);
        return err_hint(err, "name one: --python EXE, or activate a virtual environment");
    }
    for (; *argv; argv++)
        *(char **)vec_push(&result) = *argv;
    vec_push(&result); /* NULL */
    *ret_argv = result;
    return 0;
}
