#include "inject/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "subject/diagnose.h"
#include "subject/proc_status.h"

static const char *const parents[] = {"/tmp", "/var/tmp", "/dev/shm"};

/* Libraries can be loaded from there. */
static bool is_fit(int fd)
{
    struct statvfs fs;
    return fstatvfs(fd, &fs) == 0 && !(fs.f_flag & (ST_NOEXEC | ST_RDONLY));
}

/* Of an open folder, be it opened for that or not. */
static DIR *list(int folder_fd)
{
    int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? NULL : fdopendir(fd);
}

static void empty(int fd)
{
    DIR *dir = list(fd);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        unlinkat(fd, entry->d_name, 0);
    if (dir)
        closedir(dir);
}

/* Whoever is at work in a folder holds a lock on it. */
static bool is_left(int fd)
{
    return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

bool folder_is_left(pid_t pid, const char *path)
{
    char there[FOLDER_PATH_BYTES + 32];
    snprintf(there, sizeof(there), "/proc/%d/root%s", (int)pid, path);
    int fd = open(there, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool left = fd < 0 ? errno == ENOENT : is_left(fd);
    if (fd >= 0)
        close(fd);
    return left;
}

static void remove_if_left(const struct folder *f, const char *name)
{
    struct stat st;
    int fd = openat(f->parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && (st.st_uid == f->uid || st.st_uid == geteuid()) && is_left(fd)) {
        empty(fd);
        unlinkat(f->parent_fd, name, AT_REMOVEDIR);
    }
    close(fd);
}

static void sweep(const struct folder *f)
{
    static const char prefix[] = ".heatline-";
    DIR *dir = list(f->parent_fd);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (strncmp(entry->d_name, prefix, sizeof(prefix) - 1) == 0)
            remove_if_left(f, entry->d_name);
    if (dir)
        closedir(dir);
}

static int make_in(struct folder *f, pid_t pid, const char *parent)
{
    char path[64], fresh[sizeof(f->name) + 4];
    snprintf(path, sizeof(path), "/proc/%d/root%s", (int)pid, parent);
    f->parent_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (f->parent_fd < 0)
        return -1;
    /* It gets its name when it is locked. */
    snprintf(fresh, sizeof(fresh), ".new%s", f->name);
    if (is_fit(f->parent_fd) && mkdirat(f->parent_fd, fresh, 0700) == 0) {
        f->fd = openat(f->parent_fd, fresh, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (f->fd >= 0 && flock(f->fd, LOCK_EX) == 0 &&
            (f->uid == geteuid() || fchown(f->fd, f->uid, f->gid) == 0) &&
            renameat(f->parent_fd, fresh, f->parent_fd, f->name) == 0)
            return 0;
        unlinkat(f->parent_fd, fresh, AT_REMOVEDIR);
    }
    if (f->fd >= 0)
        close(f->fd);
    close(f->parent_fd);
    f->fd = f->parent_fd = -1;
    return -1;
}

int folder_make(struct folder *f, pid_t pid, struct err *err)
{
    struct proc_status status;
    uint64_t number = 0;
    *f = (struct folder){.parent_fd = -1, .fd = -1};
    int error = proc_status_read(&status, pid);
    if (error)
        return err_set(err, STATUS_GONE, "process %d has ended", (int)pid);
    if (getrandom(&number, sizeof(number), 0) != sizeof(number))
        return err_system(err, errno, "cannot get a random number");
    f->uid = status.uids[1];
    f->gid = status.gids[1];
    snprintf(f->name, sizeof(f->name), ".heatline-%d-%016llx", (int)pid,
             (unsigned long long)number);
    for (size_t i = 0; i < sizeof(parents) / sizeof(*parents); i++) {
        if (make_in(f, pid, parents[i]))
            continue;
        snprintf(f->path, sizeof(f->path), "%s/%s", parents[i], f->name);
        return 0;
    }
    if (diagnose(pid, err)) /* it may not be looked at, so its folders are not seen either */
        return -1;
    err_set(err, STATUS_FAIL, "process %d has no folder to load the agent from", (int)pid);
    return err_hint(err, "/tmp, /var/tmp or /dev/shm must be writable where the process runs, and "
                         "not mounted noexec");
}

static int create(struct folder *f, const char *name)
{
    int fd = openat(f->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 && f->uid != geteuid() && fchown(fd, f->uid, f->gid)) {
        close(fd);
        return -1;
    }
    return fd;
}

int folder_put(struct folder *f, const char *name, const void *bytes, size_t len_bytes,
               struct err *err)
{
    int fd = create(f, name);
    bool failed = fd < 0 || write(fd, bytes, len_bytes) != (ssize_t)len_bytes;
    if (failed)
        err_system(err, errno, "cannot write %s/%s", f->path, name);
    if (fd >= 0)
        close(fd);
    return failed ? -1 : 0;
}

int folder_copy(struct folder *f, const char *name, const char *from, struct err *err)
{
    int in = open(from, O_RDONLY | O_CLOEXEC), out = in < 0 ? -1 : create(f, name);
    ssize_t got = -1;
    if (out >= 0)
        while ((got = sendfile(out, in, NULL, 1 << 20)) > 0)
            ;
    if (got)
        err_system(err, errno, "cannot copy %s to %s", from, f->path);
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return got ? -1 : 0;
}

ssize_t folder_read(const struct folder *f, const char *name, char *ret, size_t cap)
{
    int fd = openat(f->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    ssize_t len = fd < 0 ? -1 : read(fd, ret, cap - 1);
    if (len >= 0)
        ret[len] = '\0';
    if (fd >= 0)
        close(fd);
    return len;
}

void folder_remove(struct folder *f)
{
    if (f->fd < 0)
        return;
    empty(f->fd);
    unlinkat(f->parent_fd, f->name, AT_REMOVEDIR);
    close(f->fd);
    sweep(f);
    close(f->parent_fd);
    f->fd = f->parent_fd = -1;
}
