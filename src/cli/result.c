#include "cli/result.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/pyramid.h"
#include "analysis/slices.h"
#include "analysis/view.h"
#include "base/alloc.h"
#include "base/str.h"
#include "recording/reader.h"

static bool is_file_to_be(const char *path)
{
    struct stat st;
    return strcmp(path, "-") != 0 && (stat(path, &st) || S_ISREG(st.st_mode));
}

/* A file in the folder for such; NULL if it cannot be made, with an error. */
static char *temporary_path(struct err *err)
{
    struct str path = STR_EMPTY;
    const char *folder = getenv("TMPDIR");
    folder = folder && folder[0] ? folder : "/tmp";
    str_printf(&path, "%s/heatline-XXXXXX.heat", folder);
    int fd = mkostemps(path.data, 5, O_CLOEXEC);
    if (fd < 0) {
        err_system(err, errno, "cannot make a file for the recording in %s", folder);
        err_hint(err, "set TMPDIR to a folder where files can be made");
        str_release(&path);
        return NULL;
    }
    close(fd);
    return path.data;
}

/* Without a file of its own (a pipe, /dev/null, standard output) the recording has no name; but traced programs have to
 * find it. */
static int name_recording(struct result *r, struct err *err)
{
    struct str path = STR_EMPTY;
    if (is_file_to_be(r->output)) {
        str_add(&path, r->output);
        if (r->format->write)
            str_add(&path, ".partial.heat");
        r->recording = path.data;
    } else if (r->producer == HEAT_TRACER) {
        r->recording = temporary_path(err);
        return r->recording ? 0 : -1;
    }
    return 0;
}

int result_open(struct result *r, const struct exporter *format, const char *output,
                enum heat_producer producer, const struct query *query, struct err *err)
{
    *r = (struct result){.format = format, .output = output, .producer = producer, .query = query};
    if (out_check(output, err) || name_recording(r, err))
        return -1;
    r->writer = writer_open(r->recording, producer, err);
    if (!r->writer)
        free(r->recording);
    return r->writer ? 0 : -1;
}

static int export_view(const struct result *r, const struct profile *profile, struct reader *reader,
                       struct out *out, struct err *err)
{
    struct view view;
    if (view_init(&view, profile, r->query, err))
        return -1;
    view.reader = reader;
    int failed = r->format->write(&view, out, err);
    view_release(&view);
    return failed;
}

static int copy(int fd, struct out *out, struct err *err)
{
    char bytes[65536];
    ssize_t got;
    for (off_t at = 0; (got = pread(fd, bytes, sizeof(bytes), at)) > 0; at += got)
        out_bytes(out, bytes, (size_t)got);
    return got == 0 ? 0
                    : err_set(err, STATUS_FAIL, "cannot read the recording: %s", strerror(errno));
}

/* Makes the output of what is in the recording now. */
static int write_output(const struct result *r, int fd, struct err *err)
{
    int failed = -1;
    struct reader *reader = reader_open_fd(fd, r->recording ? r->recording : "recording", err);
    struct profile *profile = profile_new();
    struct reader_summary summary;
    struct out *out = NULL;
    if (reader && slices_replay(reader, !r->format->calls, profile, &summary, err) == 0)
        out = exporter_open(r->format, r->output, err);
    if (out)
        failed = r->format->write ? export_view(r, profile, reader, out, err) : copy(fd, out, err);
    if (out && failed)
        out_discard(out);
    else if (out)
        failed = out_close(out, err);
    profile_free(profile);
    reader_free(reader);
    return failed;
}

int result_export(const struct exporter *format, const char *output, int fd, struct err *err)
{
    static const struct query query = {0};
    const struct result result = {.format = format, .output = output, .query = &query};
    return write_output(&result, fd, err);
}

static bool is_output_itself(const struct result *r)
{
    return r->recording && !strcmp(r->recording, r->output);
}

void result_flush(struct result *r)
{
    if (r->flushing || is_output_itself(r))
        return;
    pid_t pid = fork();
    if (pid == 0) {
        struct err err;
        _exit(write_output(r, writer_fd(r->writer), &err) ? STATUS_FAIL : STATUS_OK);
    }
    r->flushing = pid > 0 ? pid : 0;
}

bool result_attend(struct result *r)
{
    if (!r->flushing || waitpid(r->flushing, NULL, WNOHANG) == 0)
        return false;
    r->flushing = 0;
    return true;
}

static int close_failed(const struct result *r, struct err *err)
{
    if (r->recording)
        err_hint(
            err,
            "nothing is lost: the recording is %s; make room, then `heatline export %s -o FILE`",
            r->recording, r->recording);
    return -1;
}

/* An index of many calls. Without it the recording is complete, too, so a failure is none. */
static void add_index(struct result *r)
{
    struct err ignored;
    struct pyramid pyramid;
    struct reader *reader = reader_open_fd(writer_fd(r->writer), "recording", &ignored);
    if (reader && pyramid_is_worthwhile(reader) && pyramid_build(&pyramid, reader, &ignored) == 0) {
        struct writer *index = pyramid.tracks.len ? writer_open_index(r->writer) : NULL;
        if (index) {
            pyramid_write(&pyramid, writer_sink(index));
            writer_close_index(index);
        }
        pyramid_release(&pyramid);
    }
    reader_free(reader);
}

int result_close(struct result *r, struct err *err)
{
    if (r->flushing)
        waitpid(r->flushing, NULL, 0);
    if (is_output_itself(r) && r->producer == HEAT_TRACER)
        add_index(r);
    int fd = dup(writer_fd(r->writer));
    int failed = writer_close(r->writer, err);
    r->writer = NULL;
    if (!failed && !is_output_itself(r))
        failed = write_output(r, fd, err);
    close(fd);
    if (failed)
        close_failed(r, err);
    else if (r->recording && !is_output_itself(r))
        unlink(r->recording);
    free(r->recording);
    r->recording = NULL;
    return failed;
}

void result_discard(struct result *r)
{
    struct err ignored;
    if (r->flushing)
        waitpid(r->flushing, NULL, 0);
    if (r->writer)
        writer_close(r->writer, &ignored);
    if (r->recording)
        unlink(r->recording);
    free(r->recording);
    *r = (struct result){0};
}
