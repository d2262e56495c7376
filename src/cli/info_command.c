/* `heatline info`: describe a recording, or list its events. */
#include <stdlib.h>

#include "cli/command.h"
#include "cli/info.h"
#include "report/display.h"

enum { EVENT_LINE_BYTES = 32768 };

struct info_options {
    bool json, dump;
};

struct dump {
    struct sink sink;
    struct out *out;
    unsigned streams;
};

static int dump_emit(struct sink *sink, const struct event *event)
{
    struct dump *dump = (struct dump *)sink;
    char line[EVENT_LINE_BYTES];
    struct str shown = STR_EMPTY;

    event_print(event, line, sizeof line);
    display_add(&shown, line, sizeof line, DISPLAY_CUT_END);
    str_add(&shown, "\n");
    out_bytes(dump->out, shown.data, shown.len);
    str_release(&shown);
    return 0;
}

static void dump_begin_stream(struct sink *sink)
{
    struct dump *dump = (struct dump *)sink;

    out_printf(dump->out, "stream %u\n", dump->streams++);
}

static int write_events(const char *path, struct out *o, struct err *err)
{
    struct dump dump = {{.emit = dump_emit, .begin_stream = dump_begin_stream}, o, 0};
    struct reader_summary summary;
    struct reader *reader = reader_open(path, err);

    if (reader == NULL)
        return -1;
    int result = reader_replay(reader, &dump.sink, &summary, err);
    reader_free(reader);
    return result;
}

static int write_info(const char *path, bool json, struct out *o, struct err *err)
{
    struct input in;
    struct info info;

    if (input_count(&in, path, err) != 0)
        return -1;
    info_init(&info, path, &in);
    (json ? info_json : info_text)(&info, o);
    info_release(&info);
    input_release(&in);
    return 0;
}

static int run(const struct arguments *arguments, struct err *err)
{
    const struct info_options *options = arguments->options;
    const char *path = input_operand(arguments, err);
    struct out *o = path != NULL ? out_open("-", err) : NULL;

    if (o == NULL)
        return -1;
    int result =
        options->dump ? write_events(path, o, err) : write_info(path, options->json, o, err);
    if (result == 0)
        return out_close(o, err);
    out_discard(o);
    return -1;
}

static const struct option rows[] = {
    {.name = "json",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct info_options, json),
     .excludes = "dump",
     .doc = "Write JSON; heatline(1) tells its keys"},
    {.name = "dump",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct info_options, dump),
     .doc = "List every event of the recording, a line each"},
    {0},
};
static const struct option_group groups[] = {
    {"Output", rows, 0},
    {"Other", option_help_rows, 0},
    {0},
};
static const char *const usage[] = {"FILE [--json | --dump]", NULL};

const struct command command_info = {
    .name = "info",
    .doc = "Describe a recording: what, when, how many samples and calls, what is missing",
    .usage = usage,
    .groups = groups,
    .options_bytes = sizeof(struct info_options),
    .run = run,
};
