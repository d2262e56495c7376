/* Replays a recording into a profile, and says when the recording is not whole. */
#include "cli/input.h"

#include "analysis/slices.h"
#include "cli/message.h"

const char *input_operand(const struct arguments *arguments, struct err *err)
{
    if (arguments->operand_count == 1)
        return arguments->operands[0];
    if (arguments->operand_count == 0) {
        err_set(err, STATUS_USAGE, "which recording? No file was named");
        err_hint(err, "`heatline record -o profile.heat -- COMMAND` makes one");
    } else {
        err_set(err, STATUS_USAGE, "one recording at a time: what is '%s'?",
                arguments->operands[1]);
    }
    return NULL;
}

int input_open(struct input *in, const char *path, bool calls, struct err *err)
{
    struct reader *reader = reader_open(path, err);

    if (reader == NULL)
        return -1;
    *in = (struct input){.reader = reader, .profile = profile_new()};
    int result = slices_replay(reader, calls, in->profile, &in->summary, err);
    if (result != 0)
        input_release(in);
    return result;
}

int input_count(struct input *in, const char *path, struct err *err)
{
    struct reader *reader = reader_open(path, err);

    if (reader == NULL)
        return -1;
    *in = (struct input){.reader = reader, .profile = profile_new()};
    spans_init(&in->spans, in->profile, NULL, &(struct spans_visitor){.leave = NULL}, NULL);
    int result = reader_replay(reader, &in->spans.sink, &in->summary, err);
    spans_finish(&in->spans);
    spans_release(&in->spans);
    if (result != 0)
        input_release(in);
    return result;
}

void input_warn(const struct reader_summary *summary, const char *path)
{
    if (summary->damaged_segments > 0)
        message_note("%llu of %u parts of '%s' are damaged and only partly shown",
                     (unsigned long long)summary->damaged_segments, summary->segments, path);
    if (summary->lost > 0)
        message_note("%llu events found no room in '%s' and are missing",
                     (unsigned long long)summary->lost, path);
    if (!summary->complete)
        message_note("'%s' has no clean end; all that was written is shown", path);
}

void input_warn_calls(const struct spans *spans, const char *path)
{
    if (spans->gaps > 0)
        message_note("events are missing from '%s' in %llu places (at least %llu of them)", path,
                     (unsigned long long)spans->gaps, (unsigned long long)spans->missing);
    if (spans->resynced > 0)
        message_note("%llu calls in '%s' have no end of their own and are taken as ended",
                     (unsigned long long)spans->resynced, path);
}

void input_release(struct input *in)
{
    profile_free(in->profile);
    reader_free(in->reader);
    *in = (struct input){.reader = NULL};
}
