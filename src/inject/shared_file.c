#include "inject/shared_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "subject/proc_status.h"

#define FILE_NAME "recording.heat"

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Same user, and under that path it finds that file. */
static bool is_within_reach(pid_t pid, const char *path)
{
    char there[PATH_MAX + 32];
    struct proc_status status;
    snprintf(there, sizeof(there), "/proc/%d/root%s", (int)pid, path);
    return proc_status_read(&status, pid) == 0 && status.uids[1] == geteuid() &&
           same_file(path, there);
}

static int name_again(struct shared_file *f, pid_t pid, struct err *err)
{
    if (folder_make(&f->folder, pid, err))
        return -1;
    snprintf(f->path, sizeof(f->path), "%s/%s", f->folder.path, FILE_NAME);
    if (linkat(AT_FDCWD, f->original, f->folder.fd, FILE_NAME, 0) == 0 &&
        (f->folder.uid == geteuid() || chown(f->original, f->folder.uid, f->folder.gid) == 0))
        return 0;
    int error = errno;
    folder_remove(&f->folder);
    err_set(err, STATUS_FAIL, "process %d cannot write to %s, which is out of its reach: %s",
            (int)pid, f->original, strerror(error));
    return err_hint(err,
                    "let the recording lie where the process sees it: -o "
                    "/proc/%d/root/tmp/trace.heat",
                    (int)pid);
}

int shared_file_open(struct shared_file *f, pid_t pid, const char *path, struct err *err)
{
    *f = (struct shared_file){.original = path, .folder = {.fd = -1, .parent_fd = -1}};
    if (!is_within_reach(pid, path))
        return name_again(f, pid, err);
    snprintf(f->path, sizeof(f->path), "%s", path);
    return 0;
}

void shared_file_close(struct shared_file *f)
{
    if (f->folder.fd < 0)
        return;
    if (f->folder.uid != geteuid() && chown(f->original, geteuid(), getegid()))
        f->original = NULL; /* it stays that user's, and is readable all the same */
    folder_remove(&f->folder);
}
