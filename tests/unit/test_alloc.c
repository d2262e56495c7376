/* alloc: sizes that overflow end the process with a message instead of a small block. */
#include "base/alloc.h"

#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static void ask_for_too_much(void)
{
    alloc_resize(NULL, SIZE_MAX / 2, 4);
}

static void ask_for_too_many(void)
{
    alloc_zeroed(SIZE_MAX / 2, 4);
}

/* Runs it in a child; returns the child's status and its first words. */
static int in_child(void (*ask)(void), char *said, size_t said_bytes)
{
    int pipe_fds[2], status;
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t pid = fork();
    if (!pid) {
        dup2(pipe_fds[1], STDERR_FILENO);
        ask();
        _exit(0);
    }
    close(pipe_fds[1]);
    ssize_t len = read(pipe_fds[0], said, said_bytes - 1);
    said[len > 0 ? len : 0] = '\0';
    close(pipe_fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void test_overflow_ends_the_process(void **state)
{
    (void)state;
    void (*asks[])(void) = {ask_for_too_much, ask_for_too_many};
    for (size_t i = 0; i < 2; i++) {
        char said[64];
        int status = in_child(asks[i], said, sizeof said);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 1);
        assert_string_equal(said, "heatline: out of memory\n");
    }
}

static void test_zero_and_copies(void **state)
{
    (void)state;
    unsigned char *zeros = alloc_zeroed(3, 5);
    for (int i = 0; i < 15; i++)
        assert_int_equal(zeros[i], 0);
    zeros = alloc_resize(zeros, 0, 8);
    assert_non_null(zeros);
    free(zeros);
    char *copy = alloc_copy("ab\0cd", 5);
    assert_memory_equal(copy, "ab\0cd", 6);
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overflow_ends_the_process),
        cmocka_unit_test(test_zero_and_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
