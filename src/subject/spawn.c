/* Starts a program the way a shell does and tells why it could not. Knows fork, exec and signal
 * dispositions; which interpreter runs a script is decided in spawn_argv.c. */
#include "subject/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/str.h"

/* What we were started with, kept before main() installs a handler or blocks a signal: a program
 * under nohup must still ignore SIGHUP. Written once, by the constructor. */
static sigset_t inherited_mask, inherited_ignored;

__attribute__((constructor)) static void remember_signals(void)
{
    sigprocmask(SIG_SETMASK, NULL, &inherited_mask);
    sigemptyset(&inherited_ignored);
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction action;
        if (sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
            sigaddset(&inherited_ignored, signal);
    }
}

static void restore_signals(void)
{
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction action = {
            .sa_handler = sigismember(&inherited_ignored, signal) == 1 ? SIG_IGN : SIG_DFL};
        sigaction(signal, &action, NULL); /* KILL, STOP and libc's own refuse: as it should be */
    }
    sigprocmask(SIG_SETMASK, &inherited_mask, NULL);
}

static bool is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

char *spawn_find(const char *name)
{
    if (strchr(name, '/'))
        return alloc_copy(name, strlen(name));
    int error = ENOENT;
    struct str path = STR_EMPTY;
    const char *dirs = getenv("PATH");
    if (!dirs)
        dirs = "/bin:/usr/bin";
    for (const char *dir = dirs, *end; *name; dir = end + 1) {
        end = dir + strcspn(dir, ":");
        str_clear(&path);
        str_add_bytes(&path, end == dir ? "." : dir, end == dir ? 1 : (size_t)(end - dir));
        str_add(&path, "/");
        str_add(&path, name);
        if (is_file(path.data)) {
            if (faccessat(AT_FDCWD, path.data, X_OK, AT_EACCESS) == 0)
                return path.data;
            error = EACCES;
        }
        if (*end == '\0')
            break;
    }
    str_release(&path);
    errno = error;
    return NULL;
}

/* A text file without "#!" is a shell script to every shell; a binary one is a mistake. */
static bool is_text(const char *path)
{
    char head[128];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, head, sizeof(head));
    if (fd >= 0)
        close(fd);
    return len >= 0 && !memchr(head, '\0', (size_t)len);
}

/* "main.py" is meant to be a file, whatever PATH says. */
static bool is_script_name(const char *name)
{
    size_t len = strlen(name);
    return len > 3 && !strcmp(name + len - 3, ".py");
}

static int start_error(const char *name, const char *path, int error, struct err *err)
{
    struct stat st;
    bool there = path && stat(path, &st) == 0;
    switch (error) {
    case ENOENT:
        if (there) {
            err_set(err, STATUS_NOT_EXECUTABLE,
                    "%s cannot be run: the interpreter or loader that it names does not exist",
                    name);
            return err_hint(err, "look at its first line: head -n 1 %s", path);
        }
        if (strchr(name, '/') || is_script_name(name)) {
            err_set(err, STATUS_NOT_FOUND, "there is no file %s", name);
            return err_hint(err, "check the spelling of its path");
        }
        err_set(err, STATUS_NOT_FOUND, "there is no command %s on PATH", name);
        return access(name, F_OK) == 0
                   ? err_hint(err, "for the one in this directory, say ./%s", name)
                   : err_hint(err, "check its spelling, or give the whole path");
    case ENOTDIR:
        err_set(err, STATUS_NOT_FOUND, "there is no file %s: a part of its path is not a directory",
                name);
        return err_hint(err, "check the spelling of its path");
    case EACCES:
        if (there && S_ISDIR(st.st_mode)) {
            err_set(err, STATUS_NOT_EXECUTABLE, "%s is a directory, not a program", name);
            return err_hint(err, "Python runs a directory only if it holds a __main__.py");
        }
        err_set(err, STATUS_NOT_EXECUTABLE, "%s is not executable", name);
        return !there || (st.st_mode & 0111)
                   ? err_hint(err, "its interpreter, a directory on the way to it, or the mount "
                                   "(noexec) forbids it to you")
                   : err_hint(err, "chmod +x %s, or put the interpreter in front of it", path);
    case ENOEXEC:
        err_set(err, STATUS_NOT_EXECUTABLE, "%s is not a program for this machine", name);
        return err_hint(err, "see what it is: file %s", path);
    case ETXTBSY:
        err_set(err, STATUS_NOT_EXECUTABLE, "%s is open for writing, so it cannot be run", name);
        return err_hint(err, "wait until the compiler or copy that writes it has ended");
    case E2BIG:
        err_set(err, STATUS_NOT_EXECUTABLE,
                "the arguments and the environment are too long to start %s", name);
        return err_hint(err, "shorten them; getconf ARG_MAX tells how much fits");
    default:
        return err_set(err, STATUS_NOT_EXECUTABLE, "%s cannot be run: %s", name, strerror(error));
    }
}

/* In the child: runs the program, or tells the parent errno and ends. */
static void child_exec(const char *path, char *const *argv, char **shell_argv, int report_fd)
{
    restore_signals();
    execv(path, argv);
    int error = errno;
    if (error == ENOEXEC && is_text(path)) {
        execv("/bin/sh", shell_argv);
        error = errno;
    }
    ssize_t ignored = write(report_fd, &error, sizeof(error));
    (void)ignored; /* without a reader there is nobody to tell */
    _exit(STATUS_NOT_EXECUTABLE);
}

/* 0, or the errno that the child met before it could run the program. */
static int child_report(int fd)
{
    int error = 0;
    ssize_t got;
    do
        got = read(fd, &error, sizeof(error));
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof(error) ? error : 0;
}

pid_t spawn_start(char *const *argv, struct err *err)
{
    char *path = spawn_find(argv[0]);
    if (!path)
        return start_error(argv[0], NULL, errno, err);

    size_t argc = 0;
    while (argv[argc])
        argc++;
    char **shell_argv = alloc_zeroed(argc + 2, sizeof(*shell_argv));
    shell_argv[0] = (char *)(uintptr_t) "/bin/sh";
    shell_argv[1] = path;
    memcpy(shell_argv + 2, argv + 1, (argc - 1) * sizeof(*argv));

    /* Our handlers must not run in the child, so everything waits until it has put them back. */
    pid_t pid = -1;
    int pipe_fds[2], error = 0;
    sigset_t all, before;
    sigfillset(&all);
    if (pipe2(pipe_fds, O_CLOEXEC) < 0) {
        err_set(err, STATUS_FAIL, "cannot start %s: %s", argv[0], strerror(errno));
        goto out;
    }
    sigprocmask(SIG_SETMASK, &all, &before);
    pid = fork();
    if (pid == 0)
        child_exec(path, argv, shell_argv, pipe_fds[1]);
    error = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(pipe_fds[1]);
    if (pid < 0) {
        err_set(err, STATUS_FAIL, "cannot start another process: %s", strerror(error));
    } else if ((error = child_report(pipe_fds[0]))) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
        pid = start_error(argv[0], path, error, err);
    }
    close(pipe_fds[0]);
out:
    free(shell_argv);
    free(path);
    return pid;
}

int spawn_exit_status(int wait_status)
{
    if (WIFEXITED(wait_status))
        return WEXITSTATUS(wait_status);
    return 128 + (WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : WSTOPSIG(wait_status));
}
