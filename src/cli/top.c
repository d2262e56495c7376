/* `heatline top`: what running programs do, as a screen that goes with them; as text where there is no
 * terminal to draw on. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/message.h"
#include "cli/program_output.h"
#include "cli/record_options.h"
#include "cli/session.h"
#include "cli/terminal.h"
#include "cli/top_facts.h"
#include "subject/spawn.h"
#include "tui/draw.h"
#include "tui/screen.h"

enum {
    PLAIN_ROWS = DRAW_HEAD_ROWS + 1 + 20,
    DELAY_MIN_NS = 50 * NS_PER_MS,
    FIRST_DELAY_NS = 250 * NS_PER_MS,
    HOUR_S = 3600
};

struct top_options {
    struct record_options record;
    uint64_t delay_ns;
};

/* The audience of the session. */
struct show {
    struct session_audience audience;
    struct live *live;
    struct top top;
    struct list list;
    struct grid grid;
    struct top_facts facts;
    struct screen *screen; /* NULL: plain text */
    uint64_t delay_ns, next_ns;
    uint32_t epoch; /* of the sampler's ids */
};

static void show_plain(struct show *show, struct session *s)
{
    struct str line = STR_EMPTY;
    list_make(&show->list, &show->top, show->live);
    draw(&show->grid, PLAIN_ROWS, terminal_columns(STDOUT_FILENO), &show->top, &show->list,
         show->live, &show->facts.facts);
    for (uint32_t row = 0; row < PLAIN_ROWS; row++) {
        str_clear(&line);
        grid_line(&show->grid, row, &line);
        if (line.len)
            fprintf(stdout, "%s\n", line.data);
    }
    fputs("\n", stdout);
    str_release(&line);
    if (fflush(stdout) && s)
        session_quit(s); /* nobody reads on */
}

static void show_screen(struct show *show)
{
    uint32_t rows, columns;
    list_make(&show->list, &show->top, show->live);
    screen_size(show->screen, &rows, &columns);
    draw(&show->grid, rows, columns, &show->top, &show->list, show->live, &show->facts.facts);
    screen_show(show->screen, &show->grid);
}

static void turn(struct show *show, struct sampler_stats stats, uint64_t now_ns)
{
    live_turn(show->live);
    top_facts_update(&show->facts, show->live, stats, now_ns);
}

static void looked(struct session_audience *audience, struct session *s, uint64_t now_ns)
{
    struct show *show = (struct show *)audience;
    uint32_t epoch = dictionary_epoch(sampler_dictionary(s->sampler));
    if (epoch != show->epoch)
        live_forget(show->live);
    show->epoch = epoch;
    if (now_ns < show->next_ns || show->top.paused)
        return;
    show->next_ns = now_ns + show->delay_ns;
    turn(show, sampler_stats(s->sampler), now_ns);
    if (show->screen)
        show_screen(show);
    else
        show_plain(show, s);
}

static void act(struct show *show, struct session *s, enum top_action action)
{
    switch (action) {
    case TOP_QUIT:
        session_quit(s);
        return;
    case TOP_RESET:
        live_reset(show->live);
        break;
    case TOP_REPAINT:
        screen_repaint(show->screen);
        break;
    case TOP_PAUSE:
    case TOP_DRAW:
        break;
    case TOP_NOTHING:
        return;
    }
    show_screen(show);
}

static void input(struct session_audience *audience, struct session *s)
{
    struct show *show = (struct show *)audience;
    struct pollfd keyboard = {.fd = show->audience.input_fd, .events = POLLIN};
    for (int key; !s->end_ns && (key = screen_key(show->screen)) != -1;)
        act(show, s, top_key(&show->top, key, show->live));
    /* A terminal that went away is readable for ever. */
    if (poll(&keyboard, 1, 0) > 0 && (keyboard.revents & (POLLHUP | POLLERR | POLLNVAL)))
        show->audience.input_fd = -1;
}

static void show_init(struct show *show, const struct top_options *options,
                      const struct query *query, const char *command)
{
    *show = (struct show){
        .audience = {.input_fd = -1, .looked = looked},
        .live = live_new(query),
        .delay_ns = options->delay_ns,
    };
    show->audience.sink = &show->live->sink;
    top_init(&show->top, query);
    list_init(&show->list);
    grid_init(&show->grid);
    top_facts_init(&show->facts, command, (double)options->record.rate_hz, clock_ns());
    show->facts.facts.note = "No Python code was seen running yet.";
}

static void show_release(struct show *show)
{
    top_facts_release(&show->facts);
    grid_release(&show->grid);
    list_release(&show->list);
    live_free(show->live);
}

/* On the terminal, if there is one to draw on. */
static void show_open(struct show *show)
{
    struct err err;
    if (isatty(STDOUT_FILENO)) {
        show->screen = screen_open(terminal_color(STDOUT_FILENO), &err);
        if (!show->screen)
            message_note("%s: plain text instead", err.text);
    }
    show->top.plain = !show->screen;
    uint64_t first_ns =
        show->screen && show->delay_ns > FIRST_DELAY_NS ? FIRST_DELAY_NS : show->delay_ns;
    show->next_ns = clock_ns() + first_ns;
    if (!show->screen)
        return;
    show->audience.input = input;
    show->audience.input_fd = screen_keyboard(show->screen);
    show_screen(show);
}

/* The terminal is the user's again. What was last seen stays there, unless the user has left. */
static void show_close(struct show *show, const struct session *s)
{
    bool had_screen = show->screen;
    screen_close(show->screen);
    show->screen = NULL;
    if (s->end == SESSION_QUIT || (s->end == SESSION_SIGNALLED && had_screen))
        return;
    turn(show, s->stats, s->end_ns);
    if (!s->stats.samples)
        return;
    show->top.plain = true;
    show->top.help = show->top.expanded = false;
    show->top.cursor = show->top.scroll = 0;
    show->top.span = LIVE_SINCE;
    show_plain(show, NULL);
}

static int watch(const struct top_options *options, const struct query *query, char *const *argv,
                 const char *command, struct err *err)
{
    struct session session;
    struct program_output output;
    struct show show;
    if (argv && program_output_open(&output, err))
        return -1;
    show_init(&show, options, query, command);
    int status = session_start(&session, &options->record, argv, NULL, &show.audience, err);
    if (argv)
        program_output_started(&output);
    if (status == 0) {
        show_open(&show);
        session_run(&session);
        show_close(&show, &session);
        bool seen = session.stats.processes_seen;
        bool left = session.child && options->record.keep_running;
        bool quit = session.end == SESSION_QUIT;
        status = session_finish(&session);
        if (argv)
            program_output_show(&output, left);
        if (!seen && !quit)
            status = session_saw_nothing(&session, status, err);
    } else if (argv) {
        program_output_show(&output, false);
    }
    show_release(&show);
    return status;
}

static int check_target(const struct record_options *options, const struct arguments *arguments,
                        struct err *err)
{
    if (options->pids.len && arguments->operand_count) {
        err_set(err, STATUS_USAGE, "both a pid and a command were given");
        return err_hint(err, "leave one out: top either attaches or starts the program");
    }
    if (!options->pids.len && !arguments->operand_count) {
        err_set(err, STATUS_USAGE, "nothing to look at: give a pid or a command");
        return err_hint(err, "heatline top -p PID, or heatline top -- python program.py");
    }
    return 0;
}

static int run(const struct arguments *arguments, struct err *err)
{
    const struct top_options *options = arguments->options;
    struct query query = view_options_query(&options->record.view);
    bool launch = arguments->operand_count > 0;
    struct str command = STR_EMPTY;
    struct vec argv;
    int status = -1;
    vec_init(&argv, sizeof(char *));
    if (check_target(&options->record, arguments, err) == 0 &&
        (!launch || spawn_argv(arguments->operands, options->record.python, &argv, err) == 0)) {
        for (size_t i = 0; i < arguments->operand_count; i++)
            str_printf(&command, "%s%s", i ? " " : "", arguments->operands[i]);
        status = watch(options, &query, launch ? argv.data : NULL, command.data, err);
    }
    str_release(&command);
    vec_release(&argv);
    return status;
}

static const struct option top_rows[] = {
    {.name = "delay",
     .kind = OPTION_SECONDS,
     .argument = "SECS",
     .offset = offsetof(struct top_options, delay_ns),
     .min = DELAY_MIN_NS,
     .max = HOUR_S * UINT64_C(1000000000),
     .doc = "Renew the screen every so many seconds, and show the shares of that time; 1 unless "
            "given"},
    {0},
};

static const struct option_group groups[] = {
    {"Program", record_target_rows, offsetof(struct top_options, record)},
    {"Sampling", record_sampling_rows, offsetof(struct top_options, record)},
    {"Screen", top_rows, 0},
    {"View", view_thread_rows, offsetof(struct top_options, record.view)},
    {NULL, view_option_rows, offsetof(struct top_options, record.view)},
    {"Other", option_help_rows, 0},
    {0},
};

static const struct top_options defaults = {
    .record = {.rate_hz = 100, .duration_ns = OPTION_UNLIMITED},
    .delay_ns = NS_PER_S,
};

static const char *const usage[] = {"[OPTION...] -p PID...", "[OPTION...] -- COMMAND [ARGUMENT...]",
                                    NULL};
static const char *const examples[] = {
    "What a running program does now",
    "heatline top -p 1234",
    "A server and its workers, each thread by itself",
    "heatline top -s -t -p 1234",
    "A program from its start; what it prints is shown afterwards",
    "heatline top -- python main.py",
    "Five looks, a second apart, into a file",
    "heatline top -d 5 -p 1234 > looks.txt",
    NULL,
};

const struct command command_top = {
    .name = "top",
    .doc = "Watch what running programs do, function by function",
    .usage = usage,
    .about =
        "Shows the functions (L: the lines) that take the time now, alone and with what they call. "
        "100 % is the time of all threads that did something, so a share is never above it. Keys: "
        "1-4 sort, / filters, Enter shows who calls a row and whom it calls, t threads, c counts "
        "time on the CPU, with the GIL or by the clock, p pauses, r resets, ? tells all, q "
        "leaves.\n\n"
        "Where standard output is no terminal, or one that is not known, the table is written as "
        "text every --delay seconds.",
    .examples = examples,
    .groups = groups,
    .options_bytes = sizeof(struct top_options),
    .defaults = &defaults,
    .program = true,
    .run = run,
};
