/* Changes standard files for the moment in which a program inherits them. */
#include "cli/program_output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/message.h"

enum { SHOWN_BYTES_MAX = 16384, OURS_FD_MIN = 10 };

int program_output_open(struct program_output *o, struct err *err)
{
    const char *folder = getenv("TMPDIR");
    folder = folder && folder[0] ? folder : "/tmp";
    *o = (struct program_output){.fd = -1, .ours = {-1, -1, -1}};
    if ((size_t)snprintf(o->path, sizeof(o->path), "%s/heatline-output-XXXXXX", folder) >=
        sizeof(o->path))
        return err_set(err, STATUS_FAIL, "the name of the folder in TMPDIR is too long");
    o->fd = mkostemp(o->path, O_CLOEXEC | O_APPEND);
    if (o->fd < 0) {
        err_set(err, STATUS_FAIL, "cannot make a file for the program's output in %s: %s", folder,
                strerror(errno));
        return err_hint(err, "name a folder that can be written to in TMPDIR");
    }
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (int i = 0; i < 3; i++)
        o->ours[i] = fcntl(i, F_DUPFD_CLOEXEC, OURS_FD_MIN);
    fflush(stdout);
    dup2(nothing, STDIN_FILENO);
    dup2(o->fd, STDOUT_FILENO);
    dup2(o->fd, STDERR_FILENO);
    close(nothing);
    return 0;
}

void program_output_started(struct program_output *o)
{
    for (int i = 0; i < 3; i++) {
        if (o->ours[i] >= 0) {
            dup2(o->ours[i], i);
            close(o->ours[i]);
        } else {
            close(i);
        }
        o->ours[i] = -1;
    }
}

static void copy_from(int fd, off_t at)
{
    char bytes[4096];
    ssize_t got;
    while ((got = pread(fd, bytes, sizeof(bytes), at)) > 0) {
        fwrite(bytes, 1, (size_t)got, stdout);
        at += got;
    }
    fflush(stdout);
}

/* Where the first whole line behind `at` begins; `at` if there is none. */
static off_t line_behind(int fd, off_t at)
{
    char bytes[SHOWN_BYTES_MAX];
    ssize_t got = pread(fd, bytes, sizeof(bytes), at);
    const char *end = got > 0 ? memchr(bytes, '\n', (size_t)got) : NULL;
    return end ? at + (end - bytes) + 1 : at;
}

void program_output_show(struct program_output *o, bool still_runs)
{
    struct stat st;
    off_t size = fstat(o->fd, &st) == 0 ? st.st_size : 0;
    bool whole = size <= SHOWN_BYTES_MAX;
    off_t from = whole ? 0 : line_behind(o->fd, size - SHOWN_BYTES_MAX);
    copy_from(o->fd, from);
    if (!whole)
        message_note("these were the last %lld of %lld bytes that the program wrote; all are in %s",
                     (long long)(size - from), (long long)size, o->path);
    else if (still_runs)
        message_note("what the program writes goes to %s", o->path);
    else
        unlink(o->path);
    close(o->fd);
}
