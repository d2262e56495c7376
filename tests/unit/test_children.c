/* children: real processes are made by a target that does what it is told, and every one of its
 * descendants must be told, and no other process. Prints how long detection took. */
#include "subject/children.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"

enum { TOLD_MAX = 4096, PATIENCE_S = 10 };

/* A process that runs `act` for each byte sent to it; what it makes, it reports by pid. */
struct target {
    pid_t pid;
    int go_fd, pids_fd;
};

static int report_fd;
static int hold_fds[2]; /* nobody ever writes: a read of it lasts until the test closes it */

static void report(pid_t pid)
{
    ssize_t ignored = write(report_fd, &pid, sizeof(pid));
    (void)ignored;
}

static void hold(void)
{
    char byte;
    close(hold_fds[1]);
    ssize_t ignored = read(hold_fds[0], &byte, 1);
    (void)ignored;
    _exit(0);
}

static struct target target_start(void (*act)(char))
{
    int go[2], pids[2];
    assert_int_equal(pipe(go) | pipe(pids), 0);
    pid_t pid = fork();
    if (!pid) {
        char byte;
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing behind */
        close(go[1]);
        close(pids[0]);
        close(hold_fds[1]);
        report_fd = pids[1];
        signal(SIGCHLD, SIG_IGN);
        while (read(go[0], &byte, 1) == 1)
            act(byte);
        _exit(0);
    }
    close(go[0]);
    close(pids[1]);
    return (struct target){pid, go[1], pids[0]};
}

static void target_tell(const struct target *t, char byte)
{
    assert_int_equal(write(t->go_fd, &byte, 1), 1);
}

static pid_t target_pid(const struct target *t)
{
    pid_t pid;
    assert_int_equal(read(t->pids_fd, &pid, sizeof(pid)), sizeof(pid));
    return pid;
}

static void target_end(const struct target *t)
{
    close(hold_fds[0]);
    close(hold_fds[1]);
    close(t->go_fd);
    close(t->pids_fd);
    assert_int_equal(waitpid(t->pid, NULL, 0), t->pid);
}

struct told {
    struct child all[TOLD_MAX];
    size_t len;
};

static pid_t told_parent(const struct told *told, pid_t pid)
{
    for (size_t i = 0; i < told->len; i++)
        if (told->all[i].pid == pid)
            return told->all[i].parent;
    return 0;
}

/* Looks until `pid` was told; its parent. 0 when that never happens. */
static pid_t look_for(struct children *c, struct told *told, pid_t pid)
{
    uint64_t end_ns = clock_ns() + (uint64_t)PATIENCE_S * NS_PER_S;
    while (!told_parent(told, pid) && clock_ns() < end_ns)
        told->len += children_look(c, told->all + told->len, TOLD_MAX - told->len);
    return told_parent(told, pid);
}

static void act_simple(char byte)
{
    pid_t pid;
    switch (byte) {
    case 'f': /* one that stays */
        pid = fork();
        if (!pid)
            hold();
        report(pid);
        break;
    case 's': /* one that stays 50 ms */
        pid = fork();
        if (!pid) {
            poll(NULL, 0, 50);
            _exit(0);
        }
        report(pid);
        break;
    case 'x': /* a storm of 500 that end at once, then one that stays */
        for (int i = 0; i < 500; i++) {
            pid = fork();
            if (!pid)
                _exit(0);
            waitpid(pid, NULL, 0);
        }
        act_simple('f');
        break;
    }
}

static struct children *watching(const struct target *t, struct told *told)
{
    struct children *c = children_new();
    children_watch(c, t->pid);
    told->len = children_look(c, told->all, TOLD_MAX);
    return c;
}

static void test_a_child_is_told_at_once(void **state)
{
    (void)state;
    struct told told;
    enum { ROUNDS = 50 };
    assert_int_equal(pipe(hold_fds), 0);
    struct target t = target_start(act_simple);
    struct children *c = watching(&t, &told);
    assert_int_equal(told.len, 0);
    uint64_t worst_ns = 0, sum_ns = 0;
    for (int i = 0; i < ROUNDS; i++) {
        target_tell(&t, 'f');
        pid_t pid = target_pid(&t);
        uint64_t start_ns = clock_ns();
        assert_int_equal(look_for(c, &told, pid), t.pid);
        uint64_t took_ns = clock_ns() - start_ns;
        sum_ns += took_ns;
        worst_ns = took_ns > worst_ns ? took_ns : worst_ns;
    }
    assert_int_equal(told.len, ROUNDS);
    print_message("found %.0f us after fork returned on average, %.0f us at worst\n",
                  (double)sum_ns / ROUNDS / NS_PER_US, (double)worst_ns / NS_PER_US);
    children_free(c);
    target_end(&t);
}

static void test_nothing_new_is_cheap_and_silent(void **state)
{
    (void)state;
    struct told told;
    enum { LOOKS = 20000 };
    assert_int_equal(pipe(hold_fds), 0);
    struct target t = target_start(act_simple);
    struct children *c = watching(&t, &told);
    size_t count = 0;
    uint64_t start_ns = clock_ns();
    for (int i = 0; i < LOOKS; i++)
        count += children_look(c, told.all, TOLD_MAX);
    print_message("%.0f ns a look when idle\n", (double)(clock_ns() - start_ns) / LOOKS);
    assert_int_equal(count, 0);
    children_free(c);
    target_end(&t);
}

static void test_those_there_first_are_told(void **state)
{
    (void)state;
    struct told told;
    assert_int_equal(pipe(hold_fds), 0);
    struct target t = target_start(act_simple);
    target_tell(&t, 'f');
    pid_t pid = target_pid(&t);
    struct children *c = watching(&t, &told);
    assert_int_equal(told.len, 1);
    assert_int_equal(told_parent(&told, pid), t.pid);
    children_free(c);
    target_end(&t);
}

static void test_fifty_ms_are_enough(void **state)
{
    (void)state;
    struct told told;
    assert_int_equal(pipe(hold_fds), 0);
    struct target t = target_start(act_simple);
    struct children *c = watching(&t, &told);
    for (int i = 0; i < 10; i++) {
        target_tell(&t, 's');
        assert_int_equal(look_for(c, &told, target_pid(&t)), t.pid);
    }
    children_free(c);
    target_end(&t);
}

static void test_a_storm_hides_nobody(void **state)
{
    (void)state;
    struct told told;
    assert_int_equal(pipe(hold_fds), 0);
    struct target t = target_start(act_simple);
    struct children *c = watching(&t, &told);
    for (int i = 0; i < 3; i++) {
        target_tell(&t, 'x');
        assert_int_equal(look_for(c, &told, target_pid(&t)), t.pid);
    }
    children_free(c);
    target_end(&t);
}

static void test_a_storm_between_two_looks_hides_nobody(void **state)
{
    (void)state;
    struct told told;
    assert_int_equal(pipe(hold_fds), 0);
    struct target t = target_start(act_simple);
    struct children *c = watching(&t, &told);
    pid_t last = 0;
    for (int i = 0; i < 12; i++) { /* more than births tells one by one */
        target_tell(&t, 'x');
        last = target_pid(&t);
    }
    assert_int_equal(look_for(c, &told, last), t.pid);
    assert_true(told.len >= 12);
    children_free(c);
    target_end(&t);
}

static void test_strangers_are_not_told(void **state)
{
    (void)state;
    struct told told;
    assert_int_equal(pipe(hold_fds), 0);
    struct target t = target_start(act_simple), other = target_start(act_simple);
    assert_int_equal(setpgid(t.pid, t.pid), 0);
    struct children *c = watching(&t, &told);
    /* In the target's own group, but a child of the target's parent: the rest of a pipeline. */
    pid_t in_group = fork();
    if (!in_group)
        hold();
    assert_int_equal(setpgid(in_group, t.pid), 0);
    target_tell(&other, 'f');
    target_pid(&other);
    target_tell(&t, 'f');
    pid_t ours = target_pid(&t);
    assert_int_equal(look_for(c, &told, ours), t.pid);
    for (int i = 0; i < 100; i++)
        told.len += children_look(c, told.all + told.len, TOLD_MAX - told.len);
    assert_int_equal(told.len, 1);
    children_free(c);
    close(other.go_fd);
    close(other.pids_fd);
    target_end(&t);
    assert_int_equal(waitpid(other.pid, NULL, 0), other.pid);
    assert_int_equal(waitpid(in_group, NULL, 0), in_group);
}

static void *thread_main(void *unused)
{
    (void)unused;
    return NULL;
}

static void act_threads(char byte)
{
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, thread_main, NULL);
        pthread_join(thread, NULL);
    }
    act_simple(byte);
}

static void test_threads_are_no_processes(void **state)
{
    (void)state;
    struct told told;
    assert_int_equal(pipe(hold_fds), 0);
    struct target t = target_start(act_threads);
    struct children *c = watching(&t, &told);
    target_tell(&t, 'f');
    assert_int_equal(look_for(c, &told, target_pid(&t)), t.pid);
    assert_int_equal(told.len, 1);
    children_free(c);
    target_end(&t);
}

/* A double fork: 'd' makes a process that, at the next byte, makes the daemon and ends. */
static int middle_go_fd = -1;

static void act_daemon(char byte)
{
    if (byte == 'g') {
        close(middle_go_fd);
        return;
    }
    int go[2];
    if (pipe(go) < 0)
        _exit(1);
    pid_t middle = fork();
    if (!middle) {
        char ignored_byte;
        close(go[1]);
        if (byte == 'd')
            setsid();
        report(getpid());
        ssize_t ignored = read(go[0], &ignored_byte, 1);
        (void)ignored;
        if (!fork()) {
            while (getppid() == getpid())
                ;
            report(getpid());
            hold();
        }
        _exit(0);
    }
    close(go[0]);
    middle_go_fd = go[1];
}

static void daemon_is_told(char kind)
{
    struct told told;
    assert_int_equal(pipe(hold_fds), 0);
    struct target t = target_start(act_daemon);
    assert_int_equal(setpgid(t.pid, t.pid), 0);
    struct children *c = watching(&t, &told);
    target_tell(&t, kind);
    pid_t middle = target_pid(&t);
    assert_int_equal(look_for(c, &told, middle), t.pid);
    target_tell(&t, 'g');
    pid_t orphan = target_pid(&t);
    /* The middle has ended and its parent does not wait: then the daemon is an orphan. */
    while (kill(middle, 0) == 0)
        ;
    assert_int_equal(look_for(c, &told, orphan), kind == 'd' ? middle : t.pid);
    children_free(c);
    target_end(&t);
}

static void test_a_daemon_in_its_own_session_is_told(void **state)
{
    (void)state;
    daemon_is_told('d');
}

static void test_an_orphan_in_the_target_s_group_is_told(void **state)
{
    (void)state;
    daemon_is_told('o');
}

static void act_nested(char byte)
{
    if (unshare(CLONE_NEWPID) < 0)
        _exit(1);
    act_simple(byte);
}

static void test_children_in_a_nested_pid_namespace_are_told(void **state)
{
    (void)state;
    struct told told;
    if (geteuid() != 0) {
        print_message("skipped: a PID namespace needs root\n");
        skip();
    }
    assert_int_equal(pipe(hold_fds), 0);
    struct target t = target_start(act_nested);
    struct children *c = watching(&t, &told);
    target_tell(&t, 'f');
    assert_int_equal(look_for(c, &told, target_pid(&t)), t.pid);
    children_free(c);
    target_end(&t);
}

/* As process 1 of a namespace of its own, whose numbers are about to start again. */
static int round_of_numbers(void)
{
    static struct told told;
    char line[32];
    FILE *file = fopen("/proc/sys/kernel/pid_max", "re");
    int pid_max = file && fgets(line, sizeof(line), file) ? atoi(line) : 0;
    if (file)
        fclose(file);
    file = fopen("/proc/sys/kernel/ns_last_pid", "we");
    if (!pid_max || !file)
        return 2;
    fprintf(file, "%d", pid_max - 8);
    if (fclose(file) < 0)
        return 2;
    struct target t = target_start(act_simple);
    struct children *c = watching(&t, &told);
    pid_t lowest = t.pid;
    for (int i = 0; i < 20; i++) {
        target_tell(&t, 'f');
        pid_t pid = target_pid(&t);
        lowest = pid < lowest ? pid : lowest;
        if (look_for(c, &told, pid) != t.pid)
            return 3;
    }
    children_free(c);
    target_end(&t);
    return told.len == 20 && lowest < t.pid ? 0 : 4;
}

static void test_numbers_that_start_again_are_followed(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: a PID namespace needs root\n");
        skip();
    }
    assert_int_equal(pipe(hold_fds), 0);
    pid_t outer = fork();
    int status;
    if (!outer) {
        if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
            _exit(9);
        pid_t inner = fork();
        if (!inner) {
            if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
                mount("proc", "/proc", "proc", 0, NULL) < 0)
                _exit(9);
            _exit(round_of_numbers());
        }
        waitpid(inner, &status, 0);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 8);
    }
    close(hold_fds[0]);
    close(hold_fds[1]);
    assert_int_equal(waitpid(outer, &status, 0), outer);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 9) {
        print_message("skipped: this machine lets us make no PID and mount namespace\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_child_is_told_at_once),
        cmocka_unit_test(test_nothing_new_is_cheap_and_silent),
        cmocka_unit_test(test_those_there_first_are_told),
        cmocka_unit_test(test_fifty_ms_are_enough),
        cmocka_unit_test(test_a_storm_hides_nobody),
        cmocka_unit_test(test_a_storm_between_two_looks_hides_nobody),
        cmocka_unit_test(test_strangers_are_not_told),
        cmocka_unit_test(test_threads_are_no_processes),
        cmocka_unit_test(test_a_daemon_in_its_own_session_is_told),
        cmocka_unit_test(test_an_orphan_in_the_target_s_group_is_told),
        cmocka_unit_test(test_children_in_a_nested_pid_namespace_are_told),
        cmocka_unit_test(test_numbers_that_start_again_are_followed),
    };
    return cmocka_run_group_tests_name("children", tests, NULL, NULL);
}
