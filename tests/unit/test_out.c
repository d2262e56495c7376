/* out: a file has its name only when it is complete; devices and pipes are written in place. */
#include "base/out.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <zlib.h>

#include "folder.h"

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void check_file(const char *path, const char *expected)
{
    char text[256] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
}

static void test_the_old_file_stays_until_the_end(void **state)
{
    struct folder *f = *state;
    const char *path = folder_file(f, "a");
    struct err err = {0};
    write_file(path, "old");
    chmod(path, 0640);
    struct out *o = out_open(path, &err);
    assert_non_null(o);
    out_printf(o, "%s %d", "new", 1);
    check_file(path, "old");
    assert_int_equal(out_close(o, &err), 0);
    check_file(path, "new 1");
    struct stat st;
    stat(path, &st);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(folder_count(f), 1);
}

static void test_discard_leaves_nothing(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    struct out *o = out_open(folder_file(f, "a"), &err);
    out_text(o, "text");
    out_discard(o);
    out_discard(NULL);
    assert_int_equal(folder_count(f), 0);
}

static void test_a_link_stays_a_link(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    write_file(folder_file(f, "real"), "old");
    assert_int_equal(symlink("real", folder_file(f, "link")), 0);
    struct out *o = out_open(f->file, &err);
    out_text(o, "new");
    assert_int_equal(out_close(o, &err), 0);
    struct stat st;
    assert_int_equal(lstat(f->file, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    check_file(folder_file(f, "real"), "new");
}

static void test_umask_holds(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    mode_t old = umask(027);
    struct out *o = out_open(folder_file(f, "a"), &err);
    umask(old);
    assert_int_equal(out_close(o, &err), 0);
    struct stat st;
    stat(f->file, &st);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(st.st_size, 0);
}

static void test_a_pipe_is_written_in_place(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    assert_int_equal(mkfifo(folder_file(f, "fifo"), 0600), 0);
    int reader = open(f->file, O_RDONLY | O_NONBLOCK);
    struct out *o = out_open(f->file, &err);
    out_text(o, "through");
    assert_int_equal(out_close(o, &err), 0);
    char text[16] = "";
    assert_int_equal(read(reader, text, sizeof text), 7);
    assert_string_equal(text, "through");
    close(reader);
    struct out *null = out_open("/dev/null", &err);
    assert_non_null(null);
    out_text(null, "x");
    assert_int_equal(out_close(null, &err), 0);
}

static void test_check_says_why_not_and_creates_nothing(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    assert_int_equal(out_check(folder_file(f, "a"), &err), 0);
    assert_int_equal(out_check("-", &err), 0);
    assert_int_equal(out_check("", &err), -1);
    assert_int_equal(out_check(f->path, &err), -1);
    assert_non_null(strstr(err.text, "Is a directory"));
    assert_non_null(strstr(err.hint, "inside that directory"));
    assert_int_equal(out_check(folder_file(f, "no/a"), &err), -1);
    assert_non_null(strstr(err.text, "there is no folder"));
    assert_null(out_open(f->file, &err));
    assert_int_equal(folder_count(f), 0);
}

static void test_the_first_error_sticks(void **state)
{
    (void)state;
    struct err err = {0};
    struct out *o = out_open("/dev/full", &err);
    if (!o) {
        print_message("skipped: %s\n", err.text);
        skip();
    }
    for (int i = 0; i < 100000; i++)
        out_text(o, "more than the buffer holds");
    assert_int_equal(out_close(o, &err), -1);
    assert_string_equal(err.text, "cannot write /dev/full: No space left on device");
}

/* In a child, where SIGXFSZ would kill. */
static int write_under_limit(const char *path)
{
    struct err err = {0};
    struct rlimit limit = {100000, 100000};
    setrlimit(RLIMIT_FSIZE, &limit);
    struct out *o = out_open(path, &err);
    for (int i = 0; i < 20000; i++)
        out_text(o, "0123456789");
    return out_close(o, &err) && strstr(err.text, "File too large") ? 0 : 1;
}

static void test_the_size_limit_is_an_error(void **state)
{
    struct folder *f = *state;
    int status;
    pid_t pid = fork();
    if (!pid)
        _exit(write_under_limit(folder_file(f, "a")));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(folder_count(f), 0);
}

static void test_gzip(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    struct out *o = out_open(folder_file(f, "a.gz"), &err);
    out_gzip(o);
    for (int i = 0; i < 50000; i++)
        out_printf(o, "%d\n", i * 7919);
    assert_int_equal(out_close(o, &err), 0);
    gzFile file = gzopen(f->file, "rb");
    char line[32], expected[32];
    for (int i = 0; i < 50000; i++) {
        assert_non_null(gzgets(file, line, sizeof line));
        snprintf(expected, sizeof expected, "%d\n", i * 7919);
        assert_string_equal(line, expected);
    }
    assert_null(gzgets(file, line, sizeof line));
    assert_int_equal(gzclose(file), Z_OK);
}

static void test_memory(void **state)
{
    (void)state;
    size_t len;
    struct err err = {0};
    struct out *o = out_memory();
    assert_string_equal(out_memory_bytes(o, &len), "");
    assert_int_equal(len, 0);
    for (int i = 0; i < 30000; i++)
        out_bytes(o, "0123456789", 10);
    out_memory_bytes(o, &len);
    assert_int_equal(len, 300000);
    assert_int_equal(out_close(o, &err), 0);
}

static void test_standard_output_stays_open(void **state)
{
    (void)state;
    int pipe_fds[2], status;
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t pid = fork();
    if (!pid) {
        struct err err = {0};
        dup2(pipe_fds[1], STDOUT_FILENO);
        struct out *o = out_open("-", &err);
        out_text(o, "one ");
        int failed = out_close(o, &err);
        failed |= write(STDOUT_FILENO, "two", 3) != 3;
        _exit(failed);
    }
    close(pipe_fds[1]);
    waitpid(pid, &status, 0);
    char text[16] = "";
    assert_int_equal(read(pipe_fds[0], text, sizeof text), 7);
    close(pipe_fds[0]);
    assert_int_equal(status, 0);
    assert_string_equal(text, "one two");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_old_file_stays_until_the_end),
        TEST(test_discard_leaves_nothing),
        TEST(test_a_link_stays_a_link),
        TEST(test_umask_holds),
        TEST(test_a_pipe_is_written_in_place),
        TEST(test_check_says_why_not_and_creates_nothing),
        cmocka_unit_test(test_the_first_error_sticks),
        TEST(test_the_size_limit_is_an_error),
        TEST(test_gzip),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_standard_output_stays_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
