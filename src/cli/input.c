/* Replays a recording into a profile, and says when the recording is not whole. */
#include "cli/input.h"

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

int input_open(struct input *in, const char *path, struct err *err)
{
    struct reader *reader = reader_open(path, err);

    if (reader == NULL)
        return -1;
    *in = (struct input){.reader = reader, .profile = profile_new()};
    int result = reader_replay(reader, &in->profile->sink, &in->summary, err);
    in->profile->wall_ns = in->summary.wall_ns;
    in->profile->wall_at_ns = in->summary.start_ns;
    if (result != 0)
        input_release(in);
    return result;
}

void input_warn(const struct input *in, const char *path)
{
    if (in->summary.damaged_segments > 0)
        message_note("%llu of %u parts of '%s' are damaged and only partly shown",
                     (unsigned long long)in->summary.damaged_segments, in->summary.segments, path);
    if (in->summary.lost > 0)
        message_note("%llu events found no room in '%s' and are missing",
                     (unsigned long long)in->summary.lost, path);
    if (!in->summary.complete)
        message_note("'%s' has no clean end; all that was written is shown", path);
}

void input_release(struct input *in)
{
    profile_free(in->profile);
    reader_free(in->reader);
    *in = (struct input){.reader = NULL};
}
