/* writer: what was emitted is in the file, whatever ends the writer or the disk. */
#include "recording/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "events.h"
#include "folder.h"
#include "samples.h"

enum { KILLS = 60, KILLED_AFTER_MAX = 60000, CONCURRENT_EVENTS = 200000 };

static int emit_numbered(struct writer *w, uint32_t number)
{
    struct event event = sample_numbered(number);
    struct sink *sink = writer_sink(w);
    return sink->emit(sink, &event);
}

static struct writer *open_writer(const char *path)
{
    struct err err = {0};
    struct writer *w = writer_open(path, HEAT_SAMPLER, &err);
    if (!w)
        print_message("%s\n", err.text);
    assert_non_null(w);
    return w;
}

static uint32_t count_in(const char *path, struct reader_summary *ret_summary)
{
    struct err err = {0};
    return samples_count(reader_open(path, &err), ret_summary);
}

static void test_all_is_there_and_no_slack(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    struct reader_summary summary;
    struct stat st;
    struct writer *w = open_writer(folder_file(f, "a"));
    for (uint32_t i = 0; i < 100000; i++)
        assert_int_equal(emit_numbered(w, i), 0);
    assert_int_equal(writer_events(w), 100000);
    uint64_t bytes = writer_bytes(w);
    assert_int_equal(writer_failure(w), 0);
    assert_int_equal(writer_close(w, &err), 0);
    assert_int_equal(count_in(f->file, &summary), 100000);
    assert_int_equal(summary.used_bytes, bytes);
    assert_int_equal(summary.damaged_segments, 0);
    assert_true(summary.segments > 5);
    assert_true(summary.complete);
    assert_true(summary.closed_ns >= summary.start_ns);
    stat(f->file, &st);
    assert_true((uint64_t)st.st_size < bytes + HEAT_PAGE_BYTES + summary.segments * 128);
}

static void test_nothing_emitted(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    struct reader_summary summary;
    assert_int_equal(writer_close(open_writer(folder_file(f, "a")), &err), 0);
    assert_int_equal(count_in(f->file, &summary), 0);
    assert_int_equal(summary.damaged_segments, 0);
    assert_int_equal(summary.file_bytes, HEAT_PAGE_BYTES);
    assert_int_equal(writer_close(NULL, &err), 0);
}

/* A sink that compares with the same pseudo-random run that was written. */
struct extremes {
    struct sink sink;
    uint64_t seed, count;
};

static int extremes_emit(struct sink *sink, const struct event *event)
{
    struct extremes *x = (struct extremes *)sink;
    struct event expected = event_extreme(event_kinds[x->count++ % EVENT_KINDS], &x->seed);
    assert_true(event_same(&expected, event));
    return 0;
}

static void test_every_kind_comes_back(void **state)
{
    (void)state;
    struct err err = {0};
    struct reader_summary summary;
    struct extremes written = {.seed = 99}, read = {.sink.emit = extremes_emit, .seed = 99};
    struct writer *w = open_writer(NULL);
    for (; written.count < 5000; written.count++) {
        uint8_t kind = event_kinds[written.count % EVENT_KINDS];
        struct event event = event_extreme(kind, &written.seed);
        assert_int_equal(writer_sink(w)->emit(writer_sink(w), &event), 0);
    }
    struct reader *r = reader_open_fd(writer_fd(w), "unnamed", &err);
    assert_non_null(r);
    assert_int_equal(reader_replay(r, &read.sink, &summary, &err), 0);
    assert_int_equal(read.count, 5000);
    assert_int_equal(summary.damaged_segments, 0);
    assert_false(summary.complete);
    reader_free(r);
    assert_int_equal(writer_close(w, &err), 0);
}

static void write_until_killed(const char *path, _Atomic uint32_t *progress)
{
    struct err err = {0};
    struct writer *w = writer_open(path, HEAT_SAMPLER, &err);
    for (uint32_t i = 0; w && !emit_numbered(w, i); i++)
        *progress = i + 1;
    _exit(1);
}

static void test_kill_loses_nothing(void **state)
{
    struct folder *f = *state;
    uint64_t seed = 17;
    _Atomic uint32_t *progress =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const char *path = folder_file(f, "a");
    for (int round = 0; round < KILLS; round++) {
        struct reader_summary summary;
        uint32_t target = (uint32_t)(number_next(&seed) % KILLED_AFTER_MAX);
        *progress = 0;
        pid_t pid = fork();
        if (!pid)
            write_until_killed(path, progress);
        while (*progress <= target)
            sched_yield();
        uint32_t sure = *progress;
        kill(pid, SIGKILL);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        uint32_t count = count_in(path, &summary);
        assert_true(count >= sure);
        assert_in_range(count, *progress, *progress + 1);
        assert_int_equal(summary.damaged_segments, 0);
        assert_false(summary.complete);
    }
    munmap((void *)progress, 4096);
}

struct concurrent {
    struct writer *writer;
    _Atomic uint32_t written;
};

static void *write_all(void *argument)
{
    struct concurrent *c = argument;
    for (uint32_t i = 0; i < CONCURRENT_EVENTS && !emit_numbered(c->writer, i); i++)
        c->written = i + 1;
    return NULL;
}

static void test_reading_while_it_is_written(void **state)
{
    (void)state;
    struct err err = {0};
    struct concurrent c = {.writer = open_writer(NULL)};
    pthread_t thread;
    uint32_t sure = 0;
    assert_int_equal(pthread_create(&thread, NULL, write_all, &c), 0);
    while (sure < CONCURRENT_EVENTS) {
        struct reader_summary summary;
        sure = c.written;
        uint32_t count = samples_count(reader_open_fd(writer_fd(c.writer), "live", &err), &summary);
        assert_in_range(count, sure, CONCURRENT_EVENTS);
        assert_int_equal(summary.damaged_segments, 0);
    }
    pthread_join(thread, NULL);
    assert_int_equal(writer_close(c.writer, &err), 0);
}

/* Writes until there is no room and a hundred more, and checks all that is promised about that.
 * For a child: 0, or the number of the promise that was broken. */
static int write_until_full(const char *path, int expected_errno)
{
    struct err err = {0};
    struct reader_summary summary;
    struct samples samples = {.sink.emit = samples_emit};
    struct writer *w = writer_open(path, HEAT_SAMPLER, &err);
    if (!w)
        return 1;
    uint32_t kept = 0;
    while (kept < 10000000 && !emit_numbered(w, kept))
        kept++;
    for (uint32_t i = 1; i < 100; i++) {
        if (!emit_numbered(w, kept))
            return 2;
    }
    if (writer_failure(w) != expected_errno)
        return 3;
    if (writer_events(w) != kept || writer_close(w, &err))
        return 4;
    struct reader *r = reader_open(path, &err);
    if (!r || reader_replay(r, &samples.sink, &summary, &err))
        return 5;
    reader_free(r);
    if (samples.count != kept || summary.events != kept)
        return 6;
    return summary.lost == 100 && summary.complete && !summary.damaged_segments ? 0 : 7;
}

static int check_child(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_the_file_size_limit(void **state)
{
    struct folder *f = *state;
    static const rlim_t limits[] = {HEAT_PAGE_BYTES + HEAT_SEGMENT_BYTES, 300000, 3000000};
    for (size_t i = 0; i < 3; i++) {
        pid_t pid = fork();
        if (!pid) {
            struct rlimit limit = {limits[i], limits[i]};
            setrlimit(RLIMIT_FSIZE, &limit);
            _exit(write_until_full(folder_file(f, "a"), EFBIG));
        }
        assert_int_equal(check_child(pid), 0);
    }
}

enum { NO_TMPFS = 77 };

static int write_to_small_disk(const char *folder)
{
    char path[PATH_MAX];
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", folder, "tmpfs", 0, "size=1m"))
        return NO_TMPFS;
    snprintf(path, sizeof path, "%s/a", folder);
    return write_until_full(path, ENOSPC);
}

static void test_a_full_disk(void **state)
{
    struct folder *f = *state;
    pid_t pid = fork();
    if (!pid)
        _exit(write_to_small_disk(f->path));
    int result = check_child(pid);
    if (result == NO_TMPFS) {
        print_message("skipped: a small tmpfs cannot be mounted here (needs root)\n");
        skip();
    }
    assert_int_equal(result, 0);
}

static int open_without_room(const char *path)
{
    struct err err = {0};
    struct rlimit limit = {20000, 20000};
    setrlimit(RLIMIT_FSIZE, &limit);
    return !writer_open(path, HEAT_SAMPLER, &err) && strstr(err.text, "File too large") ? 0 : 1;
}

static void test_no_room_to_start_costs_nothing(void **state)
{
    struct folder *f = *state;
    FILE *file = fopen(folder_file(f, "old"), "w");
    fputs("old recording", file);
    fclose(file);
    static const char *const names[] = {"old", "new"};
    for (int i = 0; i < 2; i++) {
        pid_t pid = fork();
        if (!pid)
            _exit(open_without_room(folder_file(f, names[i])));
        assert_int_equal(check_child(pid), 0);
    }
    char text[32] = "";
    file = fopen(folder_file(f, "old"), "r");
    assert_int_equal(fread(text, 1, sizeof text, file), 13);
    fclose(file);
    assert_string_equal(text, "old recording");
    assert_int_equal(access(folder_file(f, "new"), F_OK), -1);
}

static void check_refused(const char *path, const char *reason)
{
    struct err err = {0};
    assert_null(writer_open(path, HEAT_SAMPLER, &err));
    assert_non_null(strstr(err.text, reason));
}

static void test_what_cannot_be_recorded_to(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    check_refused(f->path, "Is a directory");
    check_refused("/dev/null", "not a regular file");
    assert_int_equal(mkfifo(folder_file(f, "fifo"), 0600), 0);
    check_refused(f->file, "not a regular file");
    check_refused(folder_file(f, "no/such"), "No such file");
    struct writer *w = open_writer(folder_file(f, "busy"));
    check_refused(f->file, "being written by another recorder");
    assert_int_equal(emit_numbered(w, 0), 0);
    assert_int_equal(writer_close(w, &err), 0);
}

static void test_a_larger_old_recording_is_replaced(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    struct reader_summary summary;
    for (uint32_t events = 100000; events; events /= 10) {
        struct writer *w = open_writer(folder_file(f, "a"));
        for (uint32_t i = 0; i < events; i++)
            emit_numbered(w, i);
        assert_int_equal(writer_close(w, &err), 0);
        assert_int_equal(count_in(f->file, &summary), events);
        assert_int_equal(summary.damaged_segments, 0);
    }
}

/* A program that was traced into it may go on, and must not die of it (SIGBUS). */
static void test_who_has_the_old_recording_mapped_lives(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    const char *path = folder_file(f, "a");
    assert_int_equal(writer_close(open_writer(path), &err), 0);
    int fd = open(path, O_RDWR);
    char *page = mmap(NULL, HEAT_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    assert_ptr_not_equal(page, MAP_FAILED);
    struct writer *w = open_writer(path);
    memset(page, 'x', HEAT_PAGE_BYTES);
    assert_int_equal(writer_close(w, &err), 0);
    munmap(page, HEAT_PAGE_BYTES);
    struct reader_summary summary;
    assert_int_equal(count_in(path, &summary), 0);
}

static void test_unnamed_leaves_no_file(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    setenv("TMPDIR", f->path, 1);
    struct writer *w = open_writer(NULL);
    assert_int_equal(emit_numbered(w, 0), 0);
    assert_int_equal(folder_count(f), 0);
    assert_int_equal(writer_close(w, &err), 0);
    setenv("TMPDIR", "/no/such", 1);
    assert_null(writer_open(NULL, HEAT_SAMPLER, &err));
    assert_string_equal(
        err.text, "cannot make a temporary file in $TMPDIR or /tmp: No such file or directory");
    unsetenv("TMPDIR");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_is_there_and_no_slack),
        TEST(test_nothing_emitted),
        cmocka_unit_test(test_every_kind_comes_back),
        TEST(test_kill_loses_nothing),
        cmocka_unit_test(test_reading_while_it_is_written),
        TEST(test_the_file_size_limit),
        TEST(test_a_full_disk),
        TEST(test_no_room_to_start_costs_nothing),
        TEST(test_what_cannot_be_recorded_to),
        TEST(test_a_larger_old_recording_is_replaced),
        TEST(test_who_has_the_old_recording_mapped_lives),
        TEST(test_unnamed_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
