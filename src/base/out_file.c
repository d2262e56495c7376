/* Where output goes and how a complete file replaces an old one. Knows nothing of its content. */
#include "base/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/out.h"
#include "base/str.h"

enum { TEMPORARY_TRIES = 100 };

/* The file that `path` means: a symbolic link's target is replaced, not the link. */
static char *resolve(const char *path)
{
    char resolved[PATH_MAX];
    const char *found = realpath(path, resolved);
    return alloc_copy(found ? found : path, strlen(found ? found : path));
}

/* Made with the umask in force, or the mode of the file that it is going to replace. */
static int open_temporary(struct out_file *f)
{
    struct stat old;
    bool replaces = !stat(f->target, &old);
    for (int i = 0; i < TEMPORARY_TRIES; i++) {
        struct str name = STR_EMPTY;
        str_printf(&name, "%s.%ld-%d.tmp", f->target, (long)getpid(), i);
        f->fd = open(name.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (f->fd >= 0) {
            if (replaces && fchmod(f->fd, old.st_mode & 07777))
                errno = 0; /* its rights are a courtesy: not a reason to fail */
            f->temporary = name.data;
            return 0;
        }
        str_release(&name);
        if (errno != EEXIST)
            return -1;
    }
    return -1;
}

static void out_file_release(struct out_file *f)
{
    free(f->path);
    free(f->target);
    free(f->temporary);
    *f = (struct out_file){.fd = -1};
}

static bool is_in_place(const char *path)
{
    struct stat st;
    return !stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

int out_file_open(struct out_file *f, const char *path, struct err *err)
{
    *f = (struct out_file){.fd = -1};
    if (!strcmp(path, "-")) {
        f->fd = STDOUT_FILENO;
        return 0;
    }
    if (out_check(path, err))
        return -1;
    f->path = alloc_copy(path, strlen(path));
    if (is_in_place(path)) {
        f->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    } else {
        f->target = resolve(path);
        open_temporary(f);
    }
    if (f->fd >= 0)
        return 0;
    err_system(err, errno, "cannot write %s", path);
    out_file_release(f);
    return -1;
}

/* Writing beyond RLIMIT_FSIZE would raise SIGXFSZ, which kills by default: look before. */
static bool is_allowed(const struct out_file *f, size_t more_bytes)
{
    struct rlimit limit;
    if (!f->temporary || getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur == RLIM_INFINITY)
        return true;
    return f->len_bytes + more_bytes <= limit.rlim_cur;
}

int out_file_write(struct out_file *f, const void *bytes, size_t len_bytes)
{
    const char *at = bytes;
    if (!is_allowed(f, len_bytes))
        return EFBIG;
    while (len_bytes) {
        ssize_t written = write(f->fd, at, len_bytes);
        if (written < 0 && errno == EAGAIN) {
            /* Standard output may be somebody's non-blocking pipe. */
            struct pollfd ready = {.fd = f->fd, .events = POLLOUT};
            poll(&ready, 1, -1);
            continue;
        }
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        f->len_bytes += (uint64_t)written;
        at += written;
        len_bytes -= (size_t)written;
    }
    return 0;
}

int out_file_close(struct out_file *f, int error, struct err *err)
{
    if (f->path && close(f->fd) && !error)
        error = errno;
    if (f->temporary && !error && rename(f->temporary, f->target))
        error = errno;
    if (error) {
        if (f->temporary)
            unlink(f->temporary);
        err_system(err, error, "cannot write %s", f->path ? f->path : "to standard output");
    }
    out_file_release(f);
    return error ? -1 : 0;
}

void out_file_discard(struct out_file *f)
{
    if (f->path)
        close(f->fd);
    if (f->temporary)
        unlink(f->temporary);
    out_file_release(f);
}

int out_check(const char *path, struct err *err)
{
    if (!strcmp(path, "-"))
        return 0;
    if (!*path) {
        err_set(err, STATUS_USAGE, "the name of the output file is empty");
        return err_hint(err, "give -o FILE, or -o - for standard output");
    }
    struct stat st;
    if (!stat(path, &st)) {
        if (S_ISDIR(st.st_mode))
            return err_system(err, EISDIR, "cannot write %s", path);
        if (access(path, W_OK))
            return err_system(err, errno, "cannot write %s", path);
        if (!S_ISREG(st.st_mode))
            return 0;
    }
    char *target = resolve(path);
    const char *folder = dirname(target); /* changes `target` */
    bool exists = !stat(folder, &st), writable = !access(folder, W_OK | X_OK);
    int error = errno;
    if (!exists)
        err_set(err, STATUS_FAIL, "cannot write %s: there is no folder %s", path, folder);
    if (!exists)
        err_hint(err, "make it first: mkdir -p %s", folder);
    else if (!writable)
        err_system(err, error, "cannot write %s", path);
    free(target);
    return exists && writable ? 0 : -1;
}
