/* maps: the kernel's text, hostile text, and the files behind mappings, deleted ones too. */
#include "subject/maps.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "folder.h"

static void parse(struct maps *maps, const char *text)
{
    maps_init(maps);
    maps_parse(maps, text, strlen(text));
}

static const struct mapping *nth(const struct maps *maps, size_t i)
{
    assert_true(i < maps->mappings.len);
    return vec_at(&maps->mappings, i);
}

static void test_every_field_is_read(void **state)
{
    (void)state;
    struct maps maps;
    parse(&maps, "55d0c0a3f000-55d0c0a41000 r-xp 00002000 fe:01 1234567   /usr/bin/a b (deleted)\n"
                 "7ffc1000-7ffc2000 rw-p 00000000 00:00 0 \n"
                 "7ffc2000-7ffc3000 ---s 00000000 00:00 0\n"
                 "7ffc3000-7ffc4000 rw-p 00000000 00:00 0                          [stack]\n"
                 "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]");
    assert_int_equal(maps.mappings.len, 5);
    const struct mapping *m = maps_find(&maps, 0x55d0c0a3f000);
    assert_non_null(m);
    assert_true(m->start == 0x55d0c0a3f000 && m->end == 0x55d0c0a41000 && m->offset == 0x2000);
    assert_true(m->dev_major == 0xfe && m->dev_minor == 1 && m->inode == 1234567);
    assert_true(m->readable && !m->writable && m->executable && m->deleted);
    assert_string_equal(m->path, "/usr/bin/a b");
    assert_string_equal(maps_find(&maps, 0x7ffc1fff)->path, "");
    assert_string_equal(maps_find(&maps, 0x7ffc2000)->path, "");
    assert_false(maps_find(&maps, 0x7ffc2000)->readable);
    assert_string_equal(maps_find(&maps, 0x7ffc3abc)->path, "[stack]");
    assert_null(maps_find(&maps, 0x7ffc4000));
    assert_null(maps_find(&maps, 0x7ffc0fff));
    assert_null(maps_find(&maps, 0));
    assert_null(maps_find(&maps, UINT64_MAX));
    maps_release(&maps);
}

static void test_lines_that_mean_nothing_are_skipped(void **state)
{
    (void)state;
    struct maps maps;
    parse(&maps, "\n\nhello\n1000-2000\n1000-2000 r\n1000-2000 r-xp 0 0:0\n"
                 "2000-1000 r-xp 00000000 00:00 0 \n"
                 "1000-1000 r-xp 00000000 00:00 0 \n"
                 "10000000000000000-10000000000001000 r-xp 00000000 00:00 0 \n"
                 "1000-2000 r-xp 00000000 00:00 99999999999999999999999 /x\n"
                 "1000-2000 r-xp 00000000 00:00 12x /x\n"
                 "5000-6000 r--p 00000000 00:00 0 /ok\n");
    assert_int_equal(maps.mappings.len, 1);
    assert_string_equal(nth(&maps, 0)->path, "/ok");
    maps_parse(&maps, "", 0);
    assert_int_equal(maps.mappings.len, 0);
    maps_release(&maps);
}

static void test_disorder_is_sorted(void **state)
{
    (void)state;
    struct maps maps;
    parse(&maps, "5000-6000 r--p 00000000 00:00 0 /b\n1000-2000 r--p 00000000 00:00 0 /a\n");
    assert_string_equal(nth(&maps, 0)->path, "/a");
    assert_string_equal(maps_find(&maps, 0x1800)->path, "/a");
    assert_string_equal(maps_find(&maps, 0x5800)->path, "/b");
    maps_release(&maps);
}

static bool same_file(int fd, const char *path)
{
    struct stat a, b;
    return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static void test_our_own_code_is_found(void **state)
{
    (void)state;
    struct maps maps;
    maps_init(&maps);
    assert_int_equal(maps_read(&maps, getpid()), RD_OK);
    const struct mapping *m = maps_find(&maps, (uint64_t)(uintptr_t)test_our_own_code_is_found);
    assert_non_null(m);
    assert_true(m->executable);
    int fd = maps_open_file(getpid(), m);
    assert_true(same_file(fd, "/proc/self/exe"));
    close(fd);
    int on_stack;
    m = maps_find(&maps, (uint64_t)(uintptr_t)&on_stack);
    assert_non_null(m);
    assert_int_equal(maps_open_file(getpid(), m), -1);
    maps_release(&maps);
}

static void test_a_deleted_file_is_opened_all_the_same(void **state)
{
    struct folder *f = *state;
    const char *path = folder_file(f, "library");
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(write(fd, "old", 3), 3);
    void *at = mmap(NULL, 3, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    assert_int_equal(unlink(path), 0);
    fd = open(path, O_RDWR | O_CREAT, 0600); /* its successor */
    assert_int_equal(write(fd, "new", 3), 3);
    close(fd);

    struct maps maps;
    maps_init(&maps);
    assert_int_equal(maps_read(&maps, getpid()), RD_OK);
    const struct mapping *m = maps_find(&maps, (uint64_t)(uintptr_t)at);
    assert_non_null(m);
    assert_true(m->deleted);
    assert_string_equal(m->path, path);
    fd = maps_open_file(getpid(), m);
    if (geteuid() == 0) {
        char text[4] = "";
        assert_int_equal(read(fd, text, 3), 3);
        assert_string_equal(text, "old");
        close(fd);
    } else {
        assert_int_equal(fd, -1); /* map_files is root's; the successor is not the file */
    }
    maps_release(&maps);
    munmap(at, 3);
}

static void test_paths_are_those_of_a_changed_root(void **state)
{
    struct folder *f = *state;
    if (geteuid() != 0) {
        print_message("skipped: chroot needs root\n");
        skip();
    }
    const char *path = folder_file(f, "library");
    int fd = open(path, O_RDWR | O_CREAT, 0600), ready[2];
    assert_int_equal(write(fd, "x", 1), 1);
    void *at = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing behind */
        if (chroot(f->path) < 0 || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    char byte;
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    struct maps maps;
    maps_init(&maps);
    assert_int_equal(maps_read(&maps, pid), RD_OK);
    const struct mapping *m = maps_find(&maps, (uint64_t)(uintptr_t)at);
    assert_non_null(m);
    assert_string_equal(m->path, "/library");
    fd = maps_open_file(pid, m);
    assert_true(same_file(fd, path));
    close(fd);
    /* The same without the way that only root has: its mapping does not exist. */
    struct mapping elsewhere = *m;
    elsewhere.start += 1;
    fd = maps_open_file(pid, &elsewhere);
    assert_true(same_file(fd, path));
    close(fd);
    maps_release(&maps);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    munmap(at, 1);
}

static void test_the_dead_are_gone(void **state)
{
    (void)state;
    struct maps maps;
    maps_init(&maps);
    pid_t pid = fork();
    if (!pid)
        _exit(0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
    assert_int_equal(maps_read(&maps, pid), RD_GONE); /* a zombie */
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(maps_read(&maps, pid), RD_GONE);
    maps_release(&maps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_field_is_read),
        cmocka_unit_test(test_lines_that_mean_nothing_are_skipped),
        cmocka_unit_test(test_disorder_is_sorted),
        cmocka_unit_test(test_our_own_code_is_found),
        cmocka_unit_test_setup_teardown(test_a_deleted_file_is_opened_all_the_same, folder_setup,
                                        folder_teardown),
        cmocka_unit_test_setup_teardown(test_paths_are_those_of_a_changed_root, folder_setup,
                                        folder_teardown),
        cmocka_unit_test(test_the_dead_are_gone),
    };
    return cmocka_run_group_tests_name("maps", tests, NULL, NULL);
}
