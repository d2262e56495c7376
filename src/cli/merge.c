/* `heatline merge`: several recordings as one. */
#include "recording/merge.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "cli/command.h"

static int open_all(char *const *paths, struct reader **readers, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        readers[i] = reader_open(paths[i], err);
        if (readers[i] == NULL)
            return -1;
    }
    return 0;
}

static int write_merged(const char *path, struct reader *const *readers, size_t count,
                        struct err *err)
{
    struct out *o = out_open(path, err);

    if (o == NULL)
        return -1;
    if (merge_write(readers, count, o, err) == 0)
        return out_close(o, err);
    out_discard(o);
    return -1;
}

static int run(const struct arguments *arguments, struct err *err)
{
    if (arguments->operand_count < 3) {
        err_set(err, STATUS_USAGE, "what is to be merged, and into what?");
        return err_hint(err, "heatline merge OUTPUT.heat FIRST.heat SECOND.heat");
    }
    size_t count = arguments->operand_count - 1;
    struct reader **readers = alloc_zeroed(count, sizeof *readers);
    int result = open_all(arguments->operands + 1, readers, count, err);
    if (result == 0)
        result = write_merged(arguments->operands[0], readers, count, err);
    for (size_t i = 0; i < count; i++)
        reader_free(readers[i]);
    free(readers);
    return result;
}

static const struct option_group groups[] = {
    {"Other", option_help_rows, 0},
    {0},
};
static const char *const usage[] = {"OUTPUT FILE FILE...", NULL};
static const char *const examples[] = {
    "A server and its client on one time line",
    "heatline merge both.heat server.heat client.heat",
    NULL,
};

const struct command command_merge = {
    .name = "merge",
    .doc = "Make one recording of several",
    .usage = usage,
    .about = "Times are brought together: recordings made since the machine was booted last keep "
             "theirs to the nanosecond, others are aligned by the wall clocks of their machines, "
             "as well as these were set.",
    .examples = examples,
    .groups = groups,
    .run = run,
};
