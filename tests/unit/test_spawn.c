/* spawn: which interpreter runs a script, what a program inherits, and what is said when it cannot
 * be started. */
#include "subject/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "folder.h"

/* In a folder of its own, without an active environment. */
static int setup(void **state)
{
    unsetenv("VIRTUAL_ENV");
    if (folder_setup(state) < 0)
        return -1;
    return chdir(((struct folder *)*state)->path);
}

static int teardown(void **state)
{
    return chdir("/") < 0 ? -1 : folder_teardown(state);
}

static void file_make(const char *name, const void *bytes, size_t len, mode_t mode)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void text_make(const char *name, const char *text, mode_t mode)
{
    file_make(name, text, strlen(text), mode);
}

/* What `command arg` becomes, as one line. */
static const char *argv_of(const char *command, const char *python)
{
    static char line[1024];
    struct vec argv;
    struct err err;
    char *given[] = {(char *)(uintptr_t)command, (char *)(uintptr_t) "arg", NULL};
    if (spawn_argv(given, python, &argv, &err) < 0) {
        snprintf(line, sizeof(line), "%d: %s", err.status, err.text);
        return line;
    }
    line[0] = '\0';
    for (char **word = argv.data; *word; word++)
        snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s", line[0] ? " " : "",
                 *word);
    for (char **word = argv.data; *word && *word != given[0]; word++)
        free(*word); /* only a test runs so often that these would count */
    vec_release(&argv);
    return line;
}

static void test_scripts_get_an_interpreter(void **state)
{
    (void)state;
    static const char ZIP[] = "PK\3\4....PK\1\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                              "\13\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0__main__.py";
    static const char OTHER_ZIP[] = "PK\3\4....PK\1\2 a zip without any program in it";
    text_make("x.py", "", 0600);
    text_make("runs.py", "#!/bin/sh\n", 0700);
    file_make("myzip", ZIP, sizeof(ZIP) - 1, 0600);
    file_make("otherzip", OTHER_ZIP, sizeof(OTHER_ZIP) - 1, 0600);
    text_make("text", "hello\n", 0600);
    text_make("shell", "#!/bin/sh\n", 0600);
    assert_string_equal(argv_of("x.py", "P"), "P x.py arg");
    assert_string_equal(argv_of("./x.py", "P"), "P ./x.py arg");
    assert_string_equal(argv_of("runs.py", "P"), "P runs.py arg");
    assert_string_equal(argv_of("myzip", "P"), "P myzip arg");
    assert_string_equal(argv_of("-m", "P"), "P -m arg");
    assert_string_equal(argv_of("-c", "P"), "P -c arg");
    assert_string_equal(argv_of("otherzip", "P"), "otherzip arg");
    assert_string_equal(argv_of("text", "P"), "text arg");
    assert_string_equal(argv_of("./shell", "P"), "./shell arg");
    assert_string_equal(argv_of("none.py", "P"), "none.py arg");
    assert_string_equal(argv_of("true", "P"), "true arg");
    assert_string_equal(argv_of("", "P"), "2: there is no command to run");
}

static void test_a_folder_with_main_is_a_script(void **state)
{
    (void)state;
    assert_int_equal(mkdir("app", 0700) | mkdir("true", 0700) | mkdir("empty", 0700), 0);
    text_make("app/__main__.py", "", 0600);
    text_make("true/__main__.py", "", 0600);
    assert_string_equal(argv_of("app", "P"), "P app arg");
    assert_string_equal(argv_of("empty", "P"), "empty arg");
    assert_string_equal(argv_of("true", "P"), "true arg"); /* the command comes first */
    assert_string_equal(argv_of("./true", "P"), "P ./true arg");
    assert_int_equal(unlink("app/__main__.py") | unlink("true/__main__.py"), 0);
    assert_int_equal(rmdir("app") | rmdir("true") | rmdir("empty"), 0);
}

static void test_a_shebang_names_the_interpreter(void **state)
{
    (void)state;
    text_make("python-mine", "", 0700);
    text_make("a", "#!./python-mine -u\n", 0600);
    text_make("b", "#! /usr/bin/env -S A=1 ./python-mine -u -B\r\n", 0600);
    text_make("c", "#!/usr/bin/env\n", 0600);
    text_make("d", "#!/bin/sh -c python\n", 0600);
    text_make("e", "#!./python-mine\n", 0700); /* executable: it runs itself */
    text_make("f.py", "#!/nowhere/python-gone\n", 0600);
    assert_string_equal(argv_of("a", NULL), "./python-mine -u a arg");
    assert_string_equal(argv_of("b", NULL), "./python-mine -u -B b arg");
    assert_string_equal(argv_of("c", NULL), "c arg");
    assert_string_equal(argv_of("d", NULL), "d arg");
    assert_string_equal(argv_of("./e", NULL), "./e arg");

    char *path = strdup(getenv("PATH"));
    setenv("PATH", ".", 1);
    assert_string_equal(argv_of("f.py", NULL), "127: there is no Python to run f.py with");
    text_make("python", "", 0700);
    assert_string_equal(argv_of("f.py", NULL), "python f.py arg");
    text_make("python3", "", 0700);
    assert_string_equal(argv_of("f.py", NULL), "python3 f.py arg");
    setenv("PATH", path, 1);
    free(path);
}

static void test_an_environment_goes_before_the_shebang(void **state)
{
    struct folder *f = *state;
    char expected[256];
    assert_int_equal(mkdir(".venv", 0700) | mkdir(".venv/bin", 0700) | mkdir("sub", 0700), 0);
    assert_int_equal(mkdir("env", 0700) | mkdir("env/bin", 0700), 0);
    text_make(".venv/bin/python", "", 0700);
    text_make("env/bin/python", "", 0700);
    text_make("python-mine", "", 0700);
    text_make("x.py", "#!./python-mine -u\n", 0600);
    snprintf(expected, sizeof(expected), "%s/.venv/bin/python x.py arg", f->path);
    assert_string_equal(argv_of("x.py", NULL), expected);
    setenv("VIRTUAL_ENV", "env", 1);
    assert_string_equal(argv_of("x.py", NULL), "env/bin/python x.py arg");
    setenv("VIRTUAL_ENV", "gone", 1);
    assert_string_equal(argv_of("x.py", NULL), expected);
    unsetenv("VIRTUAL_ENV");
    assert_int_equal(chdir("sub"), 0);
    snprintf(expected, sizeof(expected), "%s/.venv/bin/python ../x.py arg", f->path);
    assert_string_equal(argv_of("../x.py", NULL), expected);
    assert_int_equal(chdir(f->path), 0);
    if (geteuid() == 0) { /* one that another user put there is not ours */
        assert_int_equal(chown(".venv", 65534, 65534), 0);
        assert_string_equal(argv_of("x.py", NULL), "./python-mine -u x.py arg");
    }
    assert_int_equal(unlink(".venv/bin/python") | unlink("env/bin/python"), 0);
    assert_int_equal(rmdir(".venv/bin") | rmdir(".venv") | rmdir("env/bin") | rmdir("env"), 0);
    assert_int_equal(rmdir("sub"), 0);
}

static int run(char *const *argv)
{
    struct err err = {0};
    int status;
    pid_t pid = spawn_start(argv, &err);
    if (pid < 0)
        print_message("%s\n", err.text);
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return spawn_exit_status(status);
}

#define RUN(...) run((char *[]){__VA_ARGS__, NULL})

static void test_the_exit_status_is_the_program_s(void **state)
{
    (void)state;
    text_make("noshebang", "exit $1\n", 0700);
    assert_int_equal(RUN("sh", "-c", "exit 7"), 7);
    assert_int_equal(RUN("sh", "-c", "kill -TERM $$"), 128 + SIGTERM);
    assert_int_equal(RUN("./noshebang", "5"), 5); /* as a shell would */
}

static void handler(int signal)
{
    (void)signal;
}

/* Handlers, masks and ignored signals of ours do not reach it; those that we began with do. */
static void test_signals_are_those_we_began_with(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = handler}, before;
    sigset_t mask, before_mask;
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, &before);
    sigfillset(&mask);
    sigprocmask(SIG_SETMASK, &mask, &before_mask);
    assert_int_equal(RUN("sh", "-c", "kill -TERM $$"), 128 + SIGTERM);
    assert_int_equal(RUN("sh", "-c", "kill -PIPE $$"),
                     before.sa_handler == SIG_IGN ? 0 : 128 + SIGPIPE);
    sigset_t after_mask;
    sigprocmask(SIG_SETMASK, &before_mask, &after_mask);
    assert_int_equal(sigismember(&after_mask, SIGTERM), 1); /* ours is untouched */
    signal(SIGTERM, SIG_DFL);
    sigaction(SIGPIPE, &before, NULL);
}

static void test_no_file_of_ours_reaches_it(void **state)
{
    (void)state;
    int given = dup(STDOUT_FILENO), ours = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    char command[256];
    snprintf(command, sizeof(command),
             "test -e /proc/$$/fd/%d && ! test -e /proc/$$/fd/%d && ! test -e /proc/$$/fd/%d",
             given, ours, ours + 1);
    assert_int_equal(RUN("sh", "-c", command), 0);
    close(given);
    close(ours);
}

static void refused(const char *command, enum status status, const char *says)
{
    struct err err = {0};
    char *argv[] = {(char *)(uintptr_t)command, NULL};
    assert_int_equal(spawn_start(argv, &err), -1);
    if (!strstr(err.text, says))
        print_message("%s\n", err.text);
    assert_non_null(strstr(err.text, says));
    assert_int_equal(err.status, status);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD); /* no half-started child is left */
}

static void test_each_failure_has_its_sentence(void **state)
{
    (void)state;
    static const char FOREIGN[] = "\177ELF\2\1\1\0 for another machine";
    refused("no-such-command", STATUS_NOT_FOUND, "no command no-such-command on PATH");
    refused("no-such-program.py", STATUS_NOT_FOUND, "there is no file no-such-program.py");
    refused("./nothing", STATUS_NOT_FOUND, "no file ./nothing");
    text_make("text", "hello\n", 0600);
    refused("./text", STATUS_NOT_EXECUTABLE, "not executable");
    refused("./text/x", STATUS_NOT_FOUND, "not a directory");
    refused("/", STATUS_NOT_EXECUTABLE, "is a directory");
    text_make("bad", "#!/nowhere/interpreter\n", 0700);
    refused("./bad", STATUS_NOT_EXECUTABLE, "does not exist");
    file_make("foreign", FOREIGN, sizeof(FOREIGN), 0700);
    refused("./foreign", STATUS_NOT_EXECUTABLE, "not a program for this machine");
    int fd = open("foreign", O_WRONLY | O_CLOEXEC);
    refused("./foreign", STATUS_NOT_EXECUTABLE, "open for writing");
    close(fd);
    char *long_value = malloc(1 << 20);
    memset(long_value, 'x', 1 << 20);
    long_value[(1 << 20) - 1] = '\0';
    setenv("HEATLINE_TEST_LONG", long_value, 1);
    refused("/bin/true", STATUS_NOT_EXECUTABLE, "too long");
    unsetenv("HEATLINE_TEST_LONG");
    free(long_value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_scripts_get_an_interpreter, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_folder_with_main_is_a_script, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_shebang_names_the_interpreter, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_environment_goes_before_the_shebang, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_the_exit_status_is_the_program_s, setup, teardown),
        cmocka_unit_test(test_signals_are_those_we_began_with),
        cmocka_unit_test(test_no_file_of_ours_reaches_it),
        cmocka_unit_test_setup_teardown(test_each_failure_has_its_sentence, setup, teardown),
    };
    return cmocka_run_group_tests_name("spawn", tests, NULL, NULL);
}
