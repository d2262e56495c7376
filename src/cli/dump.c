/* `heatline dump`: what every thread of a running program is doing now. */
#include "cli/dump.h"

#include <unistd.h>

#include "cli/command.h"
#include "cli/message.h"
#include "cli/pids.h"
#include "cli/terminal.h"
#include "subject/children.h"

enum { CHILDREN_AT_ONCE = 256, PROCESSES_MAX = 4096 };

struct printer {
    const struct dump_options_cli *options;
    struct runtime_finder *finder;
    struct filename filename;
    struct source source;
    struct out *out;
    struct json json;
    size_t printed;
    bool noted; /* that threads could not be stopped */
};

static int print_process(struct printer *p, pid_t pid, struct err *err)
{
    const struct dump_options_cli *options = p->options;
    const struct dump_options wanted = {
        .locals = (unsigned)options->locals,
        .hold = options->nonblocking ? HOLD_NONE
                : options->blocking  ? HOLD_ALL
                                     : HOLD_RUNNING,
        .tasks = options->async,
    };
    struct dump *d = dump_new(p->finder, pid, &wanted, err);
    if (!d)
        return -1;
    const struct dump_view view = {d, options, &p->filename, &p->source,
                                   terminal_color(STDOUT_FILENO)};
    if (options->json) {
        dump_json(&view, &p->json);
    } else {
        out_text(p->out, p->printed ? "\n" : "");
        dump_text(&view, p->out);
    }
    p->printed++;
    if (d->denied && !p->noted)
        message_note("threads of process %d could not be stopped, so it was read as it runs", pid);
    p->noted |= d->denied;
    dump_free(d);
    return 0;
}

/* The Pythons among its descendants; what else it starts is no concern of ours. */
static void print_children(struct printer *p, pid_t pid)
{
    struct children *children = children_new();
    struct child found[CHILDREN_AT_ONCE];
    size_t count, total = 0;
    children_watch(children, pid);
    while ((count = children_look(children, found, CHILDREN_AT_ONCE)) && total < PROCESSES_MAX) {
        for (size_t i = 0; i < count; i++) {
            struct err err = {0};
            if (print_process(p, found[i].pid, &err) && err.status == STATUS_PERMISSION)
                message_error(&err);
        }
        total += count;
    }
    children_free(children);
}

static int print_all(struct printer *p, const struct vec *pids, struct err *err)
{
    int failed = 0;
    for (size_t i = 0; i < pids->len && !failed; i++) {
        pid_t pid = (pid_t) * (const uint64_t *)vec_at(pids, i);
        failed = print_process(p, pid, err);
        if (!failed && p->options->subprocesses)
            print_children(p, pid);
    }
    return failed;
}

static int print(const struct dump_options_cli *options, const struct vec *pids, struct err *err)
{
    struct printer p = {.options = options, .out = out_open("-", err)};
    if (!p.out)
        return -1;
    p.finder = runtime_finder_new();
    filename_init(&p.filename);
    source_init(&p.source);
    json_init(&p.json, p.out);
    p.json.pretty = true;
    if (options->json)
        json_array(&p.json);
    int failed = print_all(&p, pids, err);
    if (options->json && !failed) {
        json_array_end(&p.json);
        out_text(p.out, "\n");
    }
    runtime_finder_free(p.finder);
    filename_release(&p.filename);
    source_release(&p.source);
    if (!failed)
        return out_close(p.out, err);
    out_discard(p.out);
    return -1;
}

static int run(const struct arguments *arguments, struct err *err)
{
    const struct dump_options_cli *options = arguments->options;
    struct vec pids;
    vec_init(&pids, sizeof(uint64_t));
    int result = pids_of(arguments, &options->pids, &pids, err);
    if (!result && !pids.len) {
        err_set(err, STATUS_USAGE, "which process? No pid was given");
        result = err_hint(err, "heatline dump -p PID; `heatline doctor` lists the Pythons");
    }
    if (!result)
        result = print(options, &pids, err);
    vec_release(&pids);
    return result;
}

#define AT(field) offsetof(struct dump_options_cli, field)

static const struct option target_rows[] = {
    {.name = "pid",
     .letter = 'p',
     .kind = OPTION_UINTS,
     .argument = "N",
     .offset = AT(pids),
     .min = 1,
     .max = INT32_MAX,
     .doc = "Look into this running process; decimal or 0x...; may be repeated"},
    {.name = "subprocesses",
     .letter = 's',
     .kind = OPTION_FLAG,
     .offset = AT(subprocesses),
     .doc = "The Python processes that it has started too, and theirs"},
    {.name = "blocking",
     .kind = OPTION_FLAG,
     .offset = AT(blocking),
     .doc = "Stop all Python threads while they are read, also those that wait"},
    {.name = "nonblocking",
     .kind = OPTION_FLAG,
     .offset = AT(nonblocking),
     .excludes = "blocking",
     .doc = "Stop no thread, not even one that runs for the microseconds of the look"},
    {0},
};

static const struct option output_rows[] = {
    {.name = "locals",
     .letter = 'l',
     .kind = OPTION_COUNT,
     .offset = AT(locals),
     .doc = "Show arguments and local variables, up to 128 characters of each; -ll shows up to "
            "256, and so on"},
    {.name = "json",
     .letter = 'j',
     .kind = OPTION_FLAG,
     .offset = AT(json),
     .doc = "Write JSON; heatline(1) tells its keys"},
    {.name = "async",
     .kind = OPTION_FLAG,
     .offset = AT(async),
     .doc = "Show the asyncio tasks of each thread too (Python 3.14 and newer)"},
    {.name = "gil",
     .letter = 'g',
     .kind = OPTION_FLAG,
     .offset = AT(gil),
     .doc = "Only the thread that holds the GIL"},
    {.name = "idle",
     .letter = 'i',
     .kind = OPTION_FLAG,
     .offset = AT(idle),
     .hidden = true,
     .doc = "Accepted and without effect: idle threads are always shown"},
    {.name = "function",
     .letter = 'F',
     .kind = OPTION_FLAG,
     .offset = AT(functions),
     .doc = "Show each function's first line instead of the line that it is at"},
    {.name = "full-filenames",
     .kind = OPTION_FLAG,
     .offset = AT(full_filenames),
     .doc = "Show whole file names, not only the part inside the package"},
    {0},
};

static const struct option_group groups[] = {
    {"Program", target_rows, 0},
    {"Output", output_rows, 0},
    {"Other", option_help_rows, 0},
    {0},
};

static const char *const usage[] = {"[OPTION...] [-p] PID...", NULL};
static const char *const examples[] = {
    "Where is it stuck?",
    "heatline dump -p 1234",
    "And with which values?",
    "heatline dump -l -p 1234",
    "A server with all its workers, for a script",
    "heatline dump -s --json -p 1234",
    NULL,
};

const struct command command_dump = {
    .name = "dump",
    .doc = "Show what every thread of a running program is doing now",
    .usage = usage,
    .about = "Threads that run are stopped for the time of one look, less than a millisecond as a "
             "rule; those that wait are left alone, and the kernel's count of their runs proves "
             "that they stood still. So what is shown was so at one moment.",
    .examples = examples,
    .groups = groups,
    .options_bytes = sizeof(struct dump_options_cli),
    .run = run,
};
