/* mem: live memory, /proc/PID/mem where the system call is filtered, stored images and tapes. */
#include "subject/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "folder.h"

enum { AREA_BYTES = 64 << 10 };
static uint8_t area[AREA_BYTES];

static uint64_t address_of(const void *at)
{
    return (uint64_t)(uintptr_t)at;
}

/* A child with the same memory that waits to be killed. */
static pid_t child_start(void)
{
    for (size_t i = 0; i < sizeof(area); i++)
        area[i] = (uint8_t)(i * 7 + i / 256);
    pid_t pid = fork();
    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing behind */
        for (;;)
            pause();
    }
    return pid;
}

static void child_end(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_bytes_are_the_child_s(void **state)
{
    (void)state;
    uint8_t buf[AREA_BYTES] = {0};
    uint64_t value, expected;
    pid_t pid = child_start();
    struct mem *m = mem_live_new(pid);
    memset(area, 0, sizeof(area)); /* ours is another now */
    assert_int_equal(mem_read(m, address_of(area), buf, sizeof(buf)), RD_OK);
    for (size_t i = 0; i < sizeof(buf); i++)
        assert_int_equal(buf[i], (uint8_t)(i * 7 + i / 256));
    assert_int_equal(mem_read_u64(m, address_of(area) + 24, &value), RD_OK);
    memcpy(&expected, buf + 24, sizeof(expected));
    assert_int_equal(value, expected);
    assert_int_equal(m->calls, 2);
    mem_free(m);
    child_end(pid);
}

static void test_a_thousand_ranges_are_one_call(void **state)
{
    (void)state;
    enum { RANGES = 2500, PART = 8 };
    static uint8_t buf[RANGES * PART];
    static struct mem_range ranges[RANGES];
    pid_t pid = child_start();
    struct mem *m = mem_live_new(pid);
    for (size_t i = 0; i < RANGES; i++) /* backwards, so that nothing is adjacent there */
        ranges[i] = (struct mem_range){address_of(area) + (RANGES - 1 - i) * 2 * PART, PART,
                                       buf + i * PART};
    assert_int_equal(mem_read_many(m, ranges, 1024), RD_OK);
    assert_int_equal(m->calls, 1);
    memset(buf, 0, sizeof(buf));
    assert_int_equal(mem_read_many(m, ranges, RANGES), RD_OK);
    assert_int_equal(m->calls, 1 + 3);
    for (size_t i = 0; i < RANGES; i++)
        assert_memory_equal(buf + i * PART, area + (RANGES - 1 - i) * 2 * PART, PART);
    mem_free(m);
    child_end(pid);
}

static void test_unmapped_is_torn(void **state)
{
    (void)state;
    uint8_t buf[8192];
    long page = sysconf(_SC_PAGESIZE);
    char *two =
        mmap(NULL, (size_t)page * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(two + page, (size_t)page);
    pid_t pid = child_start();
    struct mem *m = mem_live_new(pid);
    assert_int_equal(mem_read(m, 0, buf, 8), RD_TORN);
    assert_int_equal(mem_read(m, UINT64_MAX - 3, buf, 8), RD_TORN);
    assert_int_equal(mem_read(m, address_of(two), buf, 8), RD_OK);
    assert_int_equal(mem_read(m, address_of(two) + (uint64_t)page - 4, buf, 8), RD_TORN);
    struct mem_range ranges[] = {{address_of(two), 8, buf},
                                 {address_of(two + page), 8, buf + 8},
                                 {address_of(two), 0, NULL}};
    assert_int_equal(mem_read_many(m, ranges, 2), RD_TORN);
    assert_int_equal(mem_read_many(m, ranges + 2, 1), RD_OK);
    assert_int_equal(mem_read_many(m, ranges, 0), RD_OK);
    mem_free(m);
    munmap(two, (size_t)page);
    child_end(pid);
}

static void test_the_dead_are_gone(void **state)
{
    (void)state;
    uint64_t value = 17;
    pid_t pid = child_start();
    struct mem *m = mem_live_new(pid);
    kill(pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
    assert_int_equal(mem_read_u64(m, address_of(area), &value), RD_GONE); /* a zombie */
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(mem_read_u64(m, address_of(area), &value), RD_GONE);
    assert_int_equal(value, 17);
    mem_free(m);
}

/* From here on, in this process, process_vm_readv fails with `error`. */
static void filter_reads(int error)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        _exit(99);
}

/* What the filtered reader finds wrong; 0: all is well. */
static int read_filtered(pid_t pid)
{
    uint8_t buf[256];
    struct mem_range ranges[] = {{address_of(area) + 512, 100, buf},
                                 {address_of(area) + 9000, 100, buf + 100}};
    struct mem *m = mem_live_new(pid);
    if (mem_read_many(m, ranges, 2) != RD_OK)
        return 1;
    if (memcmp(buf, area + 512, 100) != 0 || memcmp(buf + 100, area + 9000, 100) != 0)
        return 2;
    if (mem_read(m, 8, buf, 8) != RD_TORN)
        return 3;
    kill(pid, SIGKILL);
    siginfo_t info;
    while (waitid(P_PID, (id_t)pid, &info, WEXITED) == 0)
        ;
    if (mem_read_many(m, ranges, 2) != RD_GONE)
        return 4;
    mem_free(m);
    return 0;
}

static void filtered_call_is_worked_around(int error)
{
    int status;
    pid_t reader = fork();
    if (!reader) {
        pid_t pid = child_start();
        filter_reads(error);
        _exit(read_filtered(pid));
    }
    assert_int_equal(waitpid(reader, &status, 0), reader);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 99) {
        print_message("skipped: no seccomp filter can be installed here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_without_the_call_the_file_serves(void **state)
{
    (void)state;
    filtered_call_is_worked_around(ENOSYS);
}

static void test_with_the_call_forbidden_the_file_serves(void **state)
{
    (void)state;
    filtered_call_is_worked_around(EPERM);
}

static void test_what_is_forbidden_is_denied(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: becoming another user needs root\n");
        skip();
    }
    int status;
    pid_t pid = child_start(), reader = fork();
    if (!reader) {
        uint64_t value;
        if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
            _exit(99);
        _exit(mem_read_u64(mem_live_new(pid), address_of(area), &value) == RD_DENIED ? 0 : 1);
    }
    assert_int_equal(waitpid(reader, &status, 0), reader);
    assert_int_equal(status, 0);
    child_end(pid);
}

static void test_a_tape_gives_back_what_was_read(void **state)
{
    struct folder *f = *state;
    struct err err;
    uint8_t buf[AREA_BYTES], again[AREA_BYTES];
    pid_t pid = child_start();
    struct mem *tape = mem_tape_new(mem_live_new(pid));
    uint64_t at = address_of(area);
    assert_int_equal(mem_read(tape, at + 100, buf, 50), RD_OK);
    assert_int_equal(mem_read(tape, at + 120, buf, 5000), RD_OK); /* overlaps, spans pages */
    assert_int_equal(mem_read(tape, at + 20000, buf, 10), RD_OK);
    assert_int_equal(mem_read(tape, at + 20010, buf, 10), RD_OK); /* adjacent */
    assert_int_equal(mem_read(tape, 8, buf, 10), RD_TORN);        /* not kept */
    assert_int_equal(tape->calls, 5);
    const char *path = folder_file(f, "image");
    assert_int_equal(mem_tape_save(tape, path, &err), 0);
    mem_free(tape);
    child_end(pid);

    struct mem *image = mem_image_open(path, &err);
    assert_non_null(image);
    assert_int_equal(mem_read(image, at + 100, again, 5020), RD_OK);
    assert_memory_equal(again, area + 100, 5020);
    assert_int_equal(mem_read(image, at + 20005, again, 15), RD_OK);
    assert_memory_equal(again, area + 20005, 15);
    assert_int_equal(mem_read(image, at + 99, again, 2), RD_TORN);
    assert_int_equal(mem_read(image, at + 5119, again, 2), RD_TORN);
    assert_int_equal(mem_read(image, at + 20020, again, 1), RD_TORN);
    assert_int_equal(mem_read(image, 8, again, 1), RD_TORN);
    assert_int_equal(mem_read(image, UINT64_MAX, again, 8), RD_TORN);
    mem_free(image);
}

static void test_an_image_that_lies_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *says; /* NULL: it is fine */
    } rows[] = {
#define BYTES(text) text, sizeof(text) - 1
        {BYTES("HEATMEM1\1\10\4abcd"), NULL},
        {BYTES("HEATMEM1\2\10\1\1\1ab"), NULL},
        {BYTES("HEATMEM1\0"), NULL},
        {BYTES(""), "begin"},
        {BYTES("HEATMEM2\1\10\4abcd"), "begin"},
        {BYTES("HEATMEM1"), "cut off"},
        {BYTES("HEATMEM1\1\10"), "cut off"},
        {BYTES("HEATMEM1\177\10\4abcd"), "cut off"},
        {BYTES("HEATMEM1\1\10\5abcd"), "cut off"},
        {BYTES("HEATMEM1\1\10\3abcd"), "more bytes"},
        {BYTES("HEATMEM1\1\10\0"), "contradicts"},
        {BYTES("HEATMEM1\2\10\1\0\1ab"), "contradicts"}, /* two ranges that touch */
        {BYTES("HEATMEM1\1\377\377\377\377\377\377\377\377\377\1\4abcd"), "contradicts"},
        {BYTES("HEATMEM1\1\10\377\377\377\377\377\377\377\377\377\1"), "contradicts"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};
        struct mem *m = mem_image_open_bytes(rows[i].bytes, rows[i].len, &err);
        if (rows[i].says) {
            assert_null(m);
            assert_non_null(strstr(err.text, rows[i].says));
        } else {
            assert_non_null(m);
        }
        mem_free(m);
    }
    struct err err;
    assert_null(mem_image_open("/nowhere/image", &err));
    assert_null(mem_image_open("/dev/null", &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_are_the_child_s),
        cmocka_unit_test(test_a_thousand_ranges_are_one_call),
        cmocka_unit_test(test_unmapped_is_torn),
        cmocka_unit_test(test_the_dead_are_gone),
        cmocka_unit_test(test_without_the_call_the_file_serves),
        cmocka_unit_test(test_with_the_call_forbidden_the_file_serves),
        cmocka_unit_test(test_what_is_forbidden_is_denied),
        cmocka_unit_test_setup_teardown(test_a_tape_gives_back_what_was_read, folder_setup,
                                        folder_teardown),
        cmocka_unit_test(test_an_image_that_lies_is_refused),
    };
    return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
