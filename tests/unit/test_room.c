/* room: bytes that are really there, content kept, and an error code where a signal would come. */
#include "recording/room.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "folder.h"

static void test_grows_in_steps_and_keeps_content(void **state)
{
    struct folder *f = *state;
    uint64_t to = 0;
    struct stat st;
    int fd = open(folder_file(f, "a"), O_RDWR | O_CREAT, 0600);
    assert_int_equal(write(fd, "content", 7), 7);
    assert_int_equal(room_make(fd, 0, 5000, &to), 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_true(to >= 5000);
    assert_true((uint64_t)st.st_size >= to);
    char text[8] = "";
    assert_int_equal(pread(fd, text, 7, 0), 7);
    assert_string_equal(text, "content");
    close(fd);
}

/* In a child, where SIGXFSZ would kill. */
static int grow_under_limit(const char *path)
{
    struct rlimit limit = {10000, 10000};
    uint64_t to = 0;
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    if (setrlimit(RLIMIT_FSIZE, &limit))
        return 1;
    if (room_make(fd, 0, 10000, &to) || to != 10000)
        return 2;
    return room_make(fd, 10000, 10001, &to) == EFBIG && to == 10000 ? 0 : 3;
}

static void test_the_size_limit_is_an_error_code(void **state)
{
    struct folder *f = *state;
    int status;
    pid_t pid = fork();
    if (!pid)
        _exit(grow_under_limit(folder_file(f, "a")));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void test_a_bad_fd_is_an_error_code(void **state)
{
    (void)state;
    uint64_t to;
    assert_int_equal(room_make(-1, 0, 4096, &to), EBADF);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_grows_in_steps_and_keeps_content),
        TEST(test_the_size_limit_is_an_error_code),
        TEST(test_a_bad_fd_is_an_error_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
