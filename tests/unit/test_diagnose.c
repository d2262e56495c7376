/* diagnose: every obstacle that can be made here is made; the verdicts on others are asked for by
 * their facts. */
#include "subject/diagnose.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { SOMEBODY = 54321, CANNOT = 99 };

static void become_somebody(void)
{
    if (setresgid(SOMEBODY, SOMEBODY, SOMEBODY) < 0 || setresuid(SOMEBODY, SOMEBODY, SOMEBODY) < 0)
        _exit(CANNOT);
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static bool need_root(void)
{
    if (geteuid() == 0)
        return true;
    print_message("skipped: becoming another user needs root\n");
    return false;
}

/* A process that prepares itself, says so, and waits to be killed. */
static pid_t target_start(void (*prepare)(void))
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails or skips leaves nothing behind */
        if (prepare)
            prepare();
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* changing the user clears it */
        if (write(ready[1], "x", 1) != 1)
            _exit(CANNOT);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void target_end(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* What a process that prepared itself so is told about `pid`. */
static struct err told(void (*prepare)(void), pid_t pid)
{
    int answer[2], status;
    struct err err = {0};
    assert_int_equal(pipe(answer), 0);
    pid_t asker = fork();
    if (!asker) {
        if (prepare)
            prepare();
        if (diagnose_freezing(pid, &err) == 0)
            err = (struct err){.status = STATUS_OK};
        _exit(write(answer[1], &err, sizeof(err)) == sizeof(err) ? 0 : 1);
    }
    close(answer[1]);
    ssize_t got = read(answer[0], &err, sizeof(err));
    close(answer[0]);
    assert_int_equal(waitpid(asker, &status, 0), asker);
    if (got != sizeof(err)) {
        print_message("skipped: this machine does not let the obstacle be made\n");
        skip();
    }
    return err;
}

static void says(const struct err *err, enum status status, const char *text, const char *hint)
{
    if (!strstr(err->text, text) || !strstr(err->hint, hint) || err->status != status)
        print_message("%d: %s | %s\n", err->status, err->text, err->hint);
    assert_int_equal(err->status, status);
    assert_non_null(strstr(err->text, text));
    assert_non_null(strstr(err->hint, hint));
}

static void test_our_child_is_open_to_us(void **state)
{
    (void)state;
    struct err err;
    pid_t pid = target_start(NULL);
    assert_int_equal(diagnose(pid, &err), 0);
    target_end(pid);
}

static void test_the_dead_and_the_never_born(void **state)
{
    (void)state;
    struct err err;
    pid_t pid = fork();
    if (!pid)
        _exit(0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
    assert_int_equal(diagnose(pid, &err), -1);
    says(&err, STATUS_GONE, "zombie", "its parent is process");
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(diagnose(pid, &err), -1);
    says(&err, STATUS_GONE, "there is no process", "pgrep");
    assert_int_equal(diagnose(-1, &err), -1);
    says(&err, STATUS_GONE, "there is no process", "");
    assert_int_equal(diagnose(0, &err), -1);
}

static void *thread_main(void *told_err)
{
    diagnose(gettid(), told_err);
    return NULL;
}

static void test_a_thread_is_no_process(void **state)
{
    (void)state;
    char hint[64];
    struct err err = {0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, thread_main, &err), 0);
    pthread_join(thread, NULL);
    snprintf(hint, sizeof(hint), "--pid %d", (int)getpid());
    says(&err, STATUS_GONE, "is a thread of process", hint);
}

static void test_a_kernel_thread(void **state)
{
    (void)state;
    char name[32] = "";
    int fd = open("/proc/2/comm", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, name, sizeof(name) - 1);
    if (fd >= 0)
        close(fd);
    if (len <= 0 || strcmp(name, "kthreadd\n") != 0) {
        print_message("skipped: no kernel thread can be seen from this PID namespace\n");
        skip();
    }
    struct err err;
    assert_int_equal(diagnose(2, &err), -1);
    says(&err, STATUS_NOT_PYTHON, "process 2 is a kernel thread", "pgrep");
}

static void test_another_user_s_process(void **state)
{
    (void)state;
    if (!need_root())
        skip();
    pid_t pid = target_start(NULL);
    struct err err = told(become_somebody, pid);
    says(&err, STATUS_PERMISSION, "belongs to user 0, and you are user 54321", "");
    assert_true(strstr(err.hint, "sudo") || strstr(err.hint, "SYS_PTRACE"));
    target_end(pid);
}

static void forbid_looking(void)
{
    become_somebody();
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void test_a_process_that_is_not_dumpable(void **state)
{
    (void)state;
    if (!need_root())
        skip();
    pid_t open_one = target_start(become_somebody), pid = target_start(forbid_looking);
    struct err err = told(become_somebody, open_one);
    if (err.status == STATUS_PERMISSION && strstr(err.text, "Yama")) {
        print_message("skipped: Yama comes first here\n");
        skip();
    }
    assert_int_equal(err.status, STATUS_OK);
    err = told(become_somebody, pid);
    says(&err, STATUS_PERMISSION, "is not dumpable", "");
    err = told(NULL, pid);
    assert_int_equal(err.status, STATUS_OK); /* root may */
    target_end(open_one);
    target_end(pid);
}

static void drop_ptrace_capability(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0)
        _exit(CANNOT);
    data[0].effective &= ~(1u << CAP_SYS_PTRACE);
    data[0].permitted &= ~(1u << CAP_SYS_PTRACE);
    data[0].inheritable &= ~(1u << CAP_SYS_PTRACE);
    if (syscall(SYS_capset, &header, data) < 0)
        _exit(CANNOT);
}

static void test_root_without_its_capability(void **state)
{
    (void)state;
    if (!need_root())
        skip();
    pid_t theirs = target_start(become_somebody), more = target_start(NULL);
    struct err err = told(drop_ptrace_capability, theirs);
    says(&err, STATUS_PERMISSION, "this root lacks the capability SYS_PTRACE",
         "--cap-add SYS_PTRACE");
    err = told(drop_ptrace_capability, more);
    says(&err, STATUS_PERMISSION, "has capabilities that heatline does not have", "kubectl debug");
    target_end(theirs);
    target_end(more);
}

static void enter_user_namespace(void)
{
    char map[32];
    int len = snprintf(map, sizeof(map), "0 %u 1", geteuid());
    if (unshare(CLONE_NEWUSER) < 0)
        _exit(CANNOT);
    int fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, map, (size_t)len) != len)
        _exit(CANNOT);
    close(fd);
}

static void test_a_process_outside_the_user_namespace(void **state)
{
    (void)state;
    pid_t pid = target_start(NULL);
    struct err err = told(enter_user_namespace, pid);
    says(&err, STATUS_PERMISSION, "outside the user namespace", "nsenter");
    target_end(pid);
}

static void filter_calls(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        _exit(CANNOT);
}

static void test_a_filter_on_ptrace(void **state)
{
    (void)state;
    pid_t pid = target_start(NULL);
    struct err err = told(filter_calls, pid);
    says(&err, STATUS_PERMISSION, "a seccomp filter forbids the system call ptrace",
         "--nonblocking");
    target_end(pid);
}

static pid_t traced_pid;

static void trace_it(void)
{
    if (ptrace(PTRACE_SEIZE, traced_pid, NULL, NULL) < 0)
        _exit(CANNOT);
    prctl(PR_SET_NAME, "a-debugger");
}

static void test_another_tracer(void **state)
{
    (void)state;
    struct err err;
    char name[64];
    traced_pid = target_start(NULL);
    pid_t tracer = target_start(trace_it);
    snprintf(name, sizeof(name), "is traced by a-debugger (process %d)", (int)tracer);
    assert_int_equal(diagnose(traced_pid, &err), 0); /* it can be read */
    assert_int_equal(diagnose_freezing(traced_pid, &err), -1);
    says(&err, STATUS_PERMISSION, name, "--nonblocking");
    target_end(tracer);
    assert_int_equal(ptrace(PTRACE_SEIZE, traced_pid, NULL, NULL), 0);
    assert_int_equal(diagnose_freezing(traced_pid, &err), 0); /* we are the tracer */
    target_end(traced_pid);
}

static void hide_pids(void)
{
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("proc", "/proc", "proc", 0, "hidepid=2") < 0)
        _exit(CANNOT);
    become_somebody();
}

static void test_a_proc_that_hides_pids(void **state)
{
    (void)state;
    if (!need_root())
        skip();
    pid_t pid = target_start(NULL);
    struct err err = told(hide_pids, pid);
    says(&err, STATUS_PERMISSION, "hidepid", "");
    target_end(pid);
}

/* The first process of a new PID namespace that still sees the old /proc. */
static void enter_pid_namespace(void)
{
    if (unshare(CLONE_NEWPID) < 0)
        _exit(CANNOT);
    pid_t inner = fork();
    if (inner) {
        waitpid(inner, NULL, 0);
        _exit(0);
    }
}

static void test_the_proc_of_another_namespace(void **state)
{
    (void)state;
    if (!need_root())
        skip();
    struct err err = told(enter_pid_namespace, 1);
    says(&err, STATUS_PERMISSION, "another PID namespace", "mount -t proc");
}

/* An ordinary user's process of the same user, which everything lets through so far. */
static struct obstacles same_user(void)
{
    struct proc_status status = {.state = 'S',
                                 .tgid = 100,
                                 .uids = {7, 7, 7},
                                 .gids = {7, 7, 7},
                                 .threads = 1,
                                 .has_memory = 1};
    return (struct obstacles){
        .pid = 100, .target = status, .self = status, .exists = true, .proc_is_ours = true};
}

static struct err verdict(const struct obstacles *o)
{
    struct err err = {0};
    assert_int_equal(obstacles_tell(o, true, &err), -1);
    return err;
}

static void test_yama(void **state)
{
    (void)state;
    struct obstacles o = same_user();
    o.yama_scope = 1;
    struct err err = verdict(&o);
    says(&err, STATUS_PERMISSION, "ptrace_scope=1", "sudo sysctl kernel.yama.ptrace_scope=0");
    o.yama_scope = 2;
    err = verdict(&o);
    says(&err, STATUS_PERMISSION, "ptrace_scope=2", "sudo heatline");
    o.yama_scope = 3;
    o.self.caps_effective = UINT64_MAX;
    err = verdict(&o);
    says(&err, STATUS_PERMISSION, "ptrace_scope=3", "boot");
    o.readable = true;
    assert_int_equal(obstacles_tell(&o, true, &err), 0);
}

static void test_causes_that_remain(void **state)
{
    (void)state;
    struct obstacles o = same_user();
    struct err err = verdict(&o);
    says(&err, STATUS_PERMISSION, "does not let heatline look at process 100", "AppArmor");
    strcpy(o.security_name, "docker-default (enforce)");
    err = verdict(&o);
    says(&err, STATUS_PERMISSION, "does not let heatline look", "docker-default");
    o.read_filtered = true;
    err = verdict(&o);
    says(&err, STATUS_PERMISSION, "process_vm_readv", "securityContext");
    o.target.gids[1] = 8;
    err = verdict(&o);
    says(&err, STATUS_PERMISSION, "runs in group 8, and you are in group 7", "");
    o.target.uids[1] = 0;
    err = verdict(&o);
    says(&err, STATUS_PERMISSION, "several user ids (7, 0, 7)", "");
    o.in_container = true;
    err = verdict(&o);
    says(&err, STATUS_PERMISSION, "several user ids", "--cap-add SYS_PTRACE");
    o.target.state = 'Z';
    o.target.threads = 3;
    err = verdict(&o);
    says(&err, STATUS_GONE, "main thread of process 100 has ended", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_our_child_is_open_to_us),
        cmocka_unit_test(test_the_dead_and_the_never_born),
        cmocka_unit_test(test_a_thread_is_no_process),
        cmocka_unit_test(test_a_kernel_thread),
        cmocka_unit_test(test_another_user_s_process),
        cmocka_unit_test(test_a_process_that_is_not_dumpable),
        cmocka_unit_test(test_root_without_its_capability),
        cmocka_unit_test(test_a_process_outside_the_user_namespace),
        cmocka_unit_test(test_a_filter_on_ptrace),
        cmocka_unit_test(test_another_tracer),
        cmocka_unit_test(test_a_proc_that_hides_pids),
        cmocka_unit_test(test_the_proc_of_another_namespace),
        cmocka_unit_test(test_yama),
        cmocka_unit_test(test_causes_that_remain),
    };
    return cmocka_run_group_tests_name("diagnose", tests, NULL, NULL);
}
