#include "cli/snapshots.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/message.h"
#include "cli/result.h"
#include "recording/excerpt.h"

/* "trace.heat", "trace-2.heat", … */
static void name_of(const struct snapshots *s, struct str *ret_path)
{
    const char *base = strrchr(s->output, '/');
    base = base ? base + 1 : s->output;
    size_t stem = (size_t)(base - s->output) + strcspn(base, ".");
    str_add_bytes(ret_path, s->output, stem);
    if (s->taken)
        str_printf(ret_path, "-%" PRIu64, s->taken + 1);
    str_add(ret_path, s->output + stem);
}

static int write_excerpt(const struct snapshots *s, const char *path, struct err *err)
{
    uint64_t to_ns = s->fired_ns + s->options->after_ns, before_ns = s->options->before_ns;
    uint64_t from_ns = before_ns < s->fired_ns ? s->fired_ns - before_ns : 0;
    struct reader *reader = reader_open_fd(writer_fd(s->writer), "the recording", err);
    struct out *out = reader ? out_open(path, err) : NULL;
    int failed = out ? excerpt_write(reader, from_ns, to_ns, out, err) : -1;
    if (out && failed)
        out_discard(out);
    else if (out)
        failed = out_close(out, err);
    reader_free(reader);
    return failed;
}

/* In another format: of a recording that is there until then. */
static int convert(const struct snapshots *s, const char *path, struct err *err)
{
    struct str recording = STR_EMPTY;
    str_printf(&recording, "%s.partial.heat", path);
    int failed = write_excerpt(s, recording.data, err);
    int fd = failed ? -1 : open(recording.data, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        failed = result_export(s->format, path, fd, err);
    if (fd >= 0)
        close(fd);
    if (!failed)
        unlink(recording.data);
    str_release(&recording);
    return failed;
}

static void take(struct snapshots *s)
{
    struct err err = {0};
    struct str path = STR_EMPTY;
    name_of(s, &path);
    int failed = s->format->write ? convert(s, path.data, &err) : write_excerpt(s, path.data, &err);
    if (failed)
        message_error(&err);
    else if (!s->options->quiet)
        message_note("wrote %s", path.data);
    s->taken += !failed;
    s->failed += failed != 0;
    str_release(&path);
    s->fired_ns = 0;
    writer_take_trigger(s->writer); /* what fired meanwhile is in it */
}

bool snapshots_wait_for_signal(const struct trace_options *options)
{
    for (size_t i = 0; i < options->triggers.len; i++) {
        const char *given = *(const char *const *)vec_at(&options->triggers, i);
        if (given && strcmp(given, "signal") == 0)
            return true;
    }
    return false;
}

void snapshots_fire(struct snapshots *s)
{
    if (!s->fired_ns && s->taken + s->failed < s->options->snapshots)
        s->fired_ns = clock_ns();
}

void snapshots_look(struct snapshots *s)
{
    if (!s->fired_ns && s->taken + s->failed < s->options->snapshots)
        s->fired_ns = writer_take_trigger(s->writer);
    if (s->fired_ns && clock_ns() >= s->fired_ns + s->options->after_ns)
        take(s);
}

void snapshots_finish(struct snapshots *s)
{
    snapshots_look(s);
    if (s->fired_ns)
        take(s);
}
