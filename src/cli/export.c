/* `heatline export`: a recording in another format. */
#include <fcntl.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/view_options.h"

struct export_options {
    const char *output, *format;
    struct view_options view;
};

/* The recording itself is copied byte by byte: what we do not understand in it stays. */
static int copy(const char *path, struct out *o, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char bytes[65536];
    ssize_t got = -1;

    if (fd >= 0) {
        while ((got = read(fd, bytes, sizeof bytes)) > 0)
            out_bytes(o, bytes, (size_t)got);
        close(fd);
    }
    return got == 0 ? 0 : err_set(err, STATUS_FAIL, "cannot read '%s'", path);
}

static int write_view(const struct exporter *format, const struct input *in,
                      const struct export_options *options, struct out *o, struct err *err)
{
    struct query query = view_options_query(&options->view);
    struct view view;

    if (view_init(&view, in->profile, &query, err) != 0)
        return -1;
    view.reader = in->reader;
    int result = format->write(&view, o, err);
    view_release(&view);
    return result;
}

static int write_output(const struct exporter *format, const struct input *in, const char *path,
                        const struct export_options *options, struct err *err)
{
    const char *output = options->output != NULL ? options->output : "-";
    struct out *o = exporter_open(format, output, err);

    if (o == NULL)
        return -1;
    int result =
        format->write != NULL ? write_view(format, in, options, o, err) : copy(path, o, err);
    if (result != 0) {
        out_discard(o);
        return -1;
    }
    return out_close(o, err);
}

static int check_output(const struct export_options *options, struct err *err)
{
    if (options->output != NULL)
        return out_check(options->output, err);
    if (!isatty(STDOUT_FILENO))
        return 0;
    err_set(err, STATUS_USAGE, "where to? The terminal is no place for an export");
    return err_hint(err, "give -o FILE, or -o - to see it here all the same");
}

static int run(const struct arguments *arguments, struct err *err)
{
    const struct export_options *options = arguments->options;
    const char *path = input_operand(arguments, err);
    struct input in;

    if (path == NULL)
        return -1;
    const struct exporter *format = output_format(options->format, options->output, NULL, err);
    if (format == NULL || check_output(options, err) != 0 ||
        input_open(&in, path, !format->calls, err) != 0)
        return -1;
    input_warn(&in.summary, path);
    int result = write_output(format, &in, path, options, err);
    input_release(&in);
    return result;
}

#define AT(field) offsetof(struct export_options, field)

static const struct option output_rows[] = {
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .offset = AT(output),
     .file = true,
     .doc = "Write to this file; else, or with -, to standard output"},
    {.name = "format",
     .letter = 'f',
     .kind = OPTION_TEXT,
     .argument = "FORMAT",
     .offset = AT(format),
     .choice = output_format_name,
     .doc = "Not what the file's name says, but one of"},
    {0},
};

static const struct option_group groups[] = {
    {"Output", output_rows, 0},
    {"View", view_thread_rows, AT(view)},
    {NULL, view_option_rows, AT(view)},
    {NULL, view_range_rows, AT(view)},
    {NULL, view_duration_rows, AT(view)},
    {"Other", option_help_rows, 0},
    {0},
};
static const char *const usage[] = {"FILE [-f FORMAT] [-o OUTPUT] [OPTION...]", NULL};
static const char *const examples[] = {
    "A flame graph",
    "heatline export profile.heat -o profile.svg",
    "Only what holds the GIL, each thread by itself, for speedscope.app",
    "heatline export profile.heat --gil --threads -o profile.speedscope.json",
    NULL,
};

const struct command command_export = {
    .name = "export",
    .doc = "Write a recording in another format",
    .usage = usage,
    .about = "A recording (FILE, *.heat) holds all that was sampled; what of it is shown is chosen "
             "here, by the view options, as often as you like.",
    .examples = examples,
    .groups = groups,
    .options_bytes = sizeof(struct export_options),
    .run = run,
};
