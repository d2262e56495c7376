#include "cli/trace_options.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/output.h"

#define AT(field) offsetof(struct trace_options, field)

static const struct option program_rows[] = {
    {.name = "attach",
     .kind = OPTION_UINT,
     .argument = "PID",
     .offset = AT(attach),
     .min = 1,
     .max = INT32_MAX,
     .doc = "Trace this running process, from now on: the agent is loaded into it, and stops when "
            "we do"},
    {.name = "duration",
     .letter = 't',
     .kind = OPTION_SECONDS,
     .argument = "SECS",
     .offset = AT(duration_ns),
     .min = 1,
     .max = OPTION_UNLIMITED,
     .doc = "With --attach: stop after this many seconds, and give up if the process has run no "
            "Python for 5; else, or with 'unlimited', at Ctrl-C or when it ends"},
    {.name = "python",
     .kind = OPTION_TEXT,
     .argument = "EXE",
     .offset = AT(python),
     .file = true,
     .doc = "Interpreter to run a script with; else the one of the virtual environment, of the "
            "script's first line or of PATH"},
    {.name = "ignore-multiprocess",
     .kind = OPTION_FLAG,
     .offset = AT(ignore_multiprocess),
     .doc = "Record the main process only, not those that it starts"},
    {0},
};

static const struct option call_rows[] = {
    {.name = "ignore-c-function",
     .kind = OPTION_FLAG,
     .offset = AT(ignore_c_function),
     .doc = "Leave calls of builtins and of functions written in C out"},
    {.name = "ignore-frozen",
     .kind = OPTION_FLAG,
     .offset = AT(ignore_frozen),
     .doc = "Leave functions of frozen modules (the import system) out"},
    {.name = "include-files",
     .kind = OPTION_TEXTS,
     .argument = "PATTERN",
     .offset = AT(include_files),
     .doc = "Only functions of files whose path begins so, or matches it if it has a * ? or [; "
            "may be repeated"},
    {.name = "exclude-files",
     .kind = OPTION_TEXTS,
     .argument = "PATTERN",
     .offset = AT(exclude_files),
     .doc = "No functions of such files"},
    {.name = "project",
     .kind = OPTION_FLAG,
     .offset = AT(project),
     .doc = "Only functions of the user's own: of files beside the program, or in the working "
            "directory, that are not of installed packages"},
    {.name = "root",
     .kind = OPTION_TEXTS,
     .argument = "WHAT",
     .offset = AT(roots),
     .doc = "Only what happens in calls of the function WHAT, or of one that matches /REGEX/; may "
            "be repeated"},
    {.name = "sample-every",
     .kind = OPTION_UINT,
     .argument = "N",
     .offset = AT(sample_every),
     .min = 1,
     .max = UINT32_MAX,
     .doc = "And of these calls only each Nth"},
    {.name = "log-sparse",
     .kind = OPTION_FLAG,
     .offset = AT(log_sparse),
     .doc = "Only functions that the program marks with @heatline.log_sparse"},
    {.name = "max-stack-depth",
     .kind = OPTION_UINT,
     .argument = "N",
     .offset = AT(max_stack_depth),
     .min = 1,
     .max = UINT32_MAX,
     .doc = "Leave calls out that are deeper than this"},
    {.name = "min-duration",
     .kind = OPTION_TIME,
     .argument = "TIME",
     .offset = AT(min_duration_ns),
     .doc = "Leave calls out that take less: 300ns, 5.5us, 2ms, 1s; without a unit, microseconds"},
    {0},
};

static const struct option value_rows[] = {
    {.name = "log-var",
     .kind = OPTION_TEXTS,
     .argument = "REGEX",
     .offset = AT(log_var),
     .doc = "Record what is assigned to variables of such names; may be repeated"},
    {.name = "log-number",
     .kind = OPTION_TEXTS,
     .argument = "REGEX",
     .offset = AT(log_number),
     .doc = "The same, as counters"},
    {.name = "log-attr",
     .kind = OPTION_TEXTS,
     .argument = "REGEX",
     .offset = AT(log_attr),
     .doc = "The same of attributes"},
    {.name = "log-func-exec",
     .kind = OPTION_TEXTS,
     .argument = "REGEX",
     .offset = AT(log_func_exec),
     .doc = "The same of whatever is assigned in such functions"},
    {.name = "log-func-entry",
     .kind = OPTION_TEXTS,
     .argument = "REGEX",
     .offset = AT(log_func_entry),
     .doc = "Record when such functions are entered, as an event of its own"},
    {.name = "magic-comment",
     .kind = OPTION_FLAG,
     .offset = AT(magic_comment),
     .doc = "Do what comments like '# !heatline: log_var(\"x\", x) if x > 3' ask for"},
    {.name = "log-func-args",
     .kind = OPTION_FLAG,
     .offset = AT(log_func_args),
     .doc = "Record what functions of Python are given, as far as that is of builtin types"},
    {.name = "log-func-retval",
     .kind = OPTION_FLAG,
     .offset = AT(log_func_retval),
     .doc = "Record what they return"},
    {.name = "log-print",
     .kind = OPTION_FLAG,
     .offset = AT(log_print),
     .doc = "Record what print() is given; it prints all the same"},
    {.name = "log-gc",
     .kind = OPTION_FLAG,
     .offset = AT(log_gc),
     .doc = "Record garbage collections, as calls"},
    {.name = "log-async",
     .kind = OPTION_FLAG,
     .offset = AT(log_async),
     .doc = "Record which task of asyncio or trio runs: each gets a track of its own"},
    {.name = "log-exception",
     .kind = OPTION_FLAG,
     .offset = AT(log_exception),
     .doc = "Record exceptions where they are raised; before 3.12 only those that leave a call"},
    {.name = "log-audit",
     .kind = OPTION_TEXTS,
     .argument = "REGEX",
     .offset = AT(log_audit),
     .doc = "Record audit events (open, socket.connect, import, ...) that match; may be repeated"},
    {0},
};

static const struct option output_rows[] = {
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .offset = AT(output),
     .file = true,
     .doc = "Write to this file; trace.heat unless given"},
    {.name = "output-file",
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .offset = AT(output),
     .file = true,
     .hidden = true,
     .doc = "The same, as VizTracer calls it"},
    {.name = "format",
     .letter = 'f',
     .kind = OPTION_TEXT,
     .argument = "FORMAT",
     .offset = AT(format),
     .choice = output_format_name,
     .doc = "Not what the file's name says (else heat), but one of"},
    {.name = "unique-output-file",
     .letter = 'u',
     .kind = OPTION_FLAG,
     .offset = AT(unique_output_file),
     .doc = "Name the file after the program, the time and the process"},
    {.name = "output-dir",
     .kind = OPTION_TEXT,
     .argument = "DIR",
     .offset = AT(output_dir),
     .file = true,
     .doc = "Write into this folder, which is made if need be"},
    {.name = "pid-suffix",
     .kind = OPTION_FLAG,
     .offset = AT(pid_suffix),
     .doc = "Add the number of this process to the file's name"},
    {.name = "log-exit",
     .kind = OPTION_FLAG,
     .offset = AT(ignored),
     .hidden = true,
     .doc = "What happens at the exit is recorded anyway"},
    {.name = "minimize-memory",
     .kind = OPTION_FLAG,
     .offset = AT(ignored),
     .hidden = true,
     .doc = "Nothing is kept in memory anyway"},
    {.name = "sanitize-function-name",
     .kind = OPTION_FLAG,
     .offset = AT(ignored),
     .hidden = true,
     .doc = "Names are made fit anyway"},
    {.name = "quiet", .kind = OPTION_FLAG, .offset = AT(quiet), .doc = "Say nothing at the end"},
    {0},
};

enum { SIZE_MIN = 1 << 20, RING_DEFAULT = 64 << 20 };

static const struct option room_rows[] = {
    {.name = "max-size",
     .kind = OPTION_SIZE,
     .argument = "SIZE",
     .offset = AT(max_bytes),
     .min = SIZE_MIN,
     .max = UINT64_MAX,
     .doc = "How large the recording may grow: 512M, 8G, without a unit mebibytes; then what is "
            "oldest "
            "gives way. 8G, or a tenth of the free disk if that is less, unless given"},
    {.name = "ring",
     .kind = OPTION_SIZE,
     .argument = "SIZE",
     .offset = AT(max_bytes),
     .min = SIZE_MIN,
     .max = UINT64_MAX,
     .doc = "Keep the latest so much of it: another name for --max-size"},
    {.name = "tracer-entries",
     .kind = OPTION_UINT,
     .argument = "N",
     .offset = AT(entries),
     .min = 1,
     .max = 1ULL << 40,
     .doc = "Keep about the latest N calls, as VizTracer does: a ring of 8 bytes each"},
    {.name = "stop-when-full",
     .kind = OPTION_FLAG,
     .offset = AT(stop_when_full),
     .doc = "Keep what came first instead, and count what comes later"},
    {0},
};

static const struct option trigger_rows[] = {
    {.name = "trigger",
     .kind = OPTION_TEXTS,
     .argument = "WHAT",
     .offset = AT(triggers),
     .doc =
         "Keep a ring (64M unless given), and write it when this happens: a call of the function "
         "WHAT or of one that matches /REGEX/, a call that took longer than '>50ms', "
         "exception:TYPE, or signal (SIGUSR1 to heatline); may be repeated"},
    {.name = "before",
     .kind = OPTION_SECONDS,
     .argument = "SECS",
     .offset = AT(before_ns),
     .max = OPTION_UNLIMITED,
     .doc = "So much of the time before it; all that the ring holds unless given"},
    {.name = "after",
     .kind = OPTION_SECONDS,
     .argument = "SECS",
     .offset = AT(after_ns),
     .max = NS_PER_S * (uint64_t)3600,
     .doc = "And so much of the time after it; 1 unless given"},
    {.name = "snapshots",
     .kind = OPTION_UINT,
     .argument = "N",
     .offset = AT(snapshots),
     .min = 1,
     .max = 1000000,
     .doc = "At most so many files, the second one named like trace-2.heat; 10 unless given"},
    {0},
};

const struct option_group trace_option_groups[] = {
    {"Program", program_rows, 0},   {"Calls", call_rows, 0},
    {"Values", value_rows, 0},      {"Output", output_rows, 0},
    {"Room", room_rows, 0},         {"Triggers", trigger_rows, 0},
    {"Other", option_help_rows, 0}, {0},
};

const struct trace_options trace_option_defaults = {.duration_ns = OPTION_UNLIMITED,
                                                    .before_ns = OPTION_UNLIMITED,
                                                    .after_ns = NS_PER_S,
                                                    .snapshots = 10};

/* The default of --max-size. */
static uint64_t room_of(const char *recording)
{
    const uint64_t most = 8ULL << 30;
    struct statvfs fs;
    uint64_t tenth = statvfs(recording, &fs) ? most : fs.f_bavail * fs.f_frsize / 10;
    return tenth > most ? most : tenth > SIZE_MIN ? tenth : SIZE_MIN;
}

uint64_t trace_options_bytes(const struct trace_options *options, const char *recording)
{
    const uint64_t entry_bytes = 8;
    if (options->max_bytes)
        return options->max_bytes;
    if (!options->entries && options->triggers.len)
        return RING_DEFAULT;
    if (!options->entries)
        return room_of(recording);
    return options->entries * entry_bytes > SIZE_MIN ? options->entries * entry_bytes : SIZE_MIN;
}

static void add_patterns(struct str *config, const char *key, const struct vec *patterns)
{
    for (size_t i = 0; i < patterns->len; i++) {
        const char *pattern = *(const char *const *)vec_at(patterns, i);
        if (pattern)
            str_printf(config, "%s=%s\n", key, pattern);
    }
}

bool trace_options_has_trigger(const struct trace_options *options, const char *text)
{
    for (size_t i = 0; i < options->triggers.len; i++) {
        const char *given = *(const char *const *)vec_at(&options->triggers, i);
        if (given && strcmp(given, text) == 0)
            return true;
    }
    return false;
}

/* "function NAME", or "regex REGEX" of /REGEX/ (agent/pattern.h). 0, or -1: it is no regular expression. */
static int put_pattern(const char *text, struct str *ret_line)
{
    size_t len = strlen(text);
    regex_t regex;
    if (!len || strchr(text, '\n'))
        return -1;
    if (text[0] != '/' || len < 3 || text[len - 1] != '/') {
        str_printf(ret_line, "function %s", text);
        return 0;
    }
    str_printf(ret_line, "regex %.*s", (int)(len - 2), text + 1);
    if (regcomp(&regex, ret_line->data + strlen("regex "), REG_EXTENDED | REG_NOSUB))
        return -1;
    regfree(&regex);
    return 0;
}

/* As the agent wants it (agent/trigger.h). `config` NULL: only to see whether it is understood. */
static int put_trigger(const char *text, struct str *config, struct err *err)
{
    struct str line = STR_EMPTY;
    uint64_t ns;
    int failed = strchr(text, '\n') ? -1 : 0;
    if (!failed && text[0] == '>') {
        failed = option_parse_time(text + 1, &ns);
        str_printf(&line, "duration %" PRIu64, failed ? 0 : ns);
    } else if (!failed && strncmp(text, "exception:", 10) == 0 && text[10]) {
        str_printf(&line, "exception %s", text + 10);
    } else if (!failed && strcmp(text, "signal") != 0) {
        failed = put_pattern(text, &line);
    }
    if (failed) {
        err_set(err, STATUS_USAGE,
                "--trigger takes a function, /REGEX/, '>50ms', exception:TYPE or signal, not '%s'",
                text);
        err_hint(err, "heatline trace --trigger '>50ms' program.py");
    }
    if (!failed && config && line.len)
        str_printf(config, "trigger=%s\n", line.data);
    str_release(&line);
    return failed ? -1 : 0;
}

static int check_roots(const struct trace_options *options, struct err *err)
{
    for (size_t i = 0; i < options->roots.len; i++) {
        const char *text = *(const char *const *)vec_at(&options->roots, i);
        struct str line = STR_EMPTY;
        int failed = text ? put_pattern(text, &line) : 0;
        str_release(&line);
        if (failed) {
            err_set(err, STATUS_USAGE, "--root takes a function or /REGEX/, not '%s'", text);
            return err_hint(err, "a name like Server.handle, or an extended regular expression");
        }
    }
    if (!options->sample_every || options->roots.len)
        return 0;
    err_set(err, STATUS_USAGE, "--sample-every needs --root: calls of which function?");
    return err_hint(err, "heatline trace --root handle_request --sample-every 100 program.py");
}

/* They are Python's, which we do not have; but what is wrong in both is told before the program starts. */
static int check_regexes(const char *option, const struct vec *texts, struct err *err)
{
    for (size_t i = 0; i < texts->len; i++) {
        const char *text = *(const char *const *)vec_at(texts, i);
        regex_t regex;
        if (!text)
            continue;
        if (strchr(text, '\n') || regcomp(&regex, text, REG_EXTENDED | REG_NOSUB)) {
            err_set(err, STATUS_USAGE, "--%s takes a regular expression, not '%s'", option, text);
            return err_hint(err, "it has to match whole names: --%s 'total|count_.*'", option);
        }
        regfree(&regex);
    }
    return 0;
}

static int check_instruments(const struct trace_options *options, struct err *err)
{
    const struct {
        const char *option;
        const struct vec *texts;
    } rows[] = {{"log-var", &options->log_var},
                {"log-number", &options->log_number},
                {"log-attr", &options->log_attr},
                {"log-func-exec", &options->log_func_exec},
                {"log-func-entry", &options->log_func_entry},
                {"log-audit", &options->log_audit}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        if (check_regexes(rows[i].option, rows[i].texts, err))
            return -1;
        if (options->attach && rows[i].texts->len && strcmp(rows[i].option, "log-audit") != 0) {
            err_set(err, STATUS_USAGE, "--%s needs a program that is started, not --attach",
                    rows[i].option);
            return err_hint(err, "a program that runs already is not rewritten any more");
        }
    }
    return 0;
}

int trace_options_check_patterns(const struct trace_options *options, struct err *err)
{
    if (check_instruments(options, err))
        return -1;
    if (check_roots(options, err))
        return -1;
    for (size_t i = 0; i < options->triggers.len; i++) {
        const char *text = *(const char *const *)vec_at(&options->triggers, i);
        if (text && put_trigger(text, NULL, err))
            return -1;
    }
    return 0;
}

static void add_triggers(struct str *config, const struct vec *triggers)
{
    struct err ignored;
    for (size_t i = 0; i < triggers->len; i++) {
        const char *text = *(const char *const *)vec_at(triggers, i);
        if (text)
            put_trigger(text, config, &ignored);
    }
}

static void add_roots(struct str *config, const struct vec *roots)
{
    for (size_t i = 0; i < roots->len; i++) {
        const char *text = *(const char *const *)vec_at(roots, i);
        struct str line = STR_EMPTY;
        if (text && put_pattern(text, &line) == 0)
            str_printf(config, "root=%s\n", line.data);
        str_release(&line);
    }
}

void trace_options_config(const struct trace_options *options, const char *recording,
                          struct str *ret_config)
{
    str_printf(ret_config, "file=%s\nc_functions=%d\nfrozen=%d\nchildren=%d\n", recording,
               !options->ignore_c_function && !options->log_sparse, !options->ignore_frozen,
               !options->ignore_multiprocess);
    str_printf(ret_config, "sparse=%d\n", options->log_sparse);
    str_printf(ret_config, "max_depth=%" PRIu64 "\nmin_duration_ns=%" PRIu64 "\n",
               options->max_stack_depth, options->min_duration_ns);
    str_printf(ret_config, "max_bytes=%" PRIu64 "\nlatest=%d\n",
               trace_options_bytes(options, recording), !options->stop_when_full);
    str_printf(ret_config, "arguments=%d\nresults=%d\n", options->log_func_args,
               options->log_func_retval);
    str_printf(ret_config, "prints=%d\ncollections=%d\nexceptions=%d\n", options->log_print,
               options->log_gc, options->log_exception);
    str_printf(ret_config, "tasks=%d\n", options->log_async);
    add_triggers(ret_config, &options->triggers);
    add_roots(ret_config, &options->roots);
    str_printf(ret_config, "sample_every=%" PRIu64 "\n", options->sample_every);
    add_patterns(ret_config, "log_var", &options->log_var);
    add_patterns(ret_config, "log_number", &options->log_number);
    add_patterns(ret_config, "log_attr", &options->log_attr);
    add_patterns(ret_config, "log_func_exec", &options->log_func_exec);
    add_patterns(ret_config, "log_func_entry", &options->log_func_entry);
    str_printf(ret_config, "magic_comment=%d\n", options->magic_comment);
    add_patterns(ret_config, "audit", &options->log_audit);
    add_patterns(ret_config, "include", &options->include_files);
    add_patterns(ret_config, "exclude", &options->exclude_files);
}

/* "/home/me/app/main.py" of "python /home/me/app/main.py", or NULL. */
static const char *script_of(char *const *argv)
{
    for (size_t i = 0; i < 2 && argv[i]; i++) {
        size_t len = strlen(argv[i]);
        if (len > 3 && strcmp(argv[i] + len - 3, ".py") == 0)
            return argv[i];
    }
    return NULL;
}

void trace_options_project(char *const *argv, struct str *ret_config)
{
    char folder[PATH_MAX] = ".", real[PATH_MAX];
    const char *script = script_of(argv), *slash = script ? strrchr(script, '/') : NULL;
    if (slash)
        snprintf(folder, sizeof(folder), "%.*s", (int)(slash - script), script);
    if (!realpath(folder, real))
        return;
    str_printf(ret_config, "project=%s/\n", real);
    if (folder[0] == '/' && strcmp(folder, real) != 0)
        str_printf(ret_config, "project=%s/\n", folder);
}

/* "server_20260131_235959_4711.heat" */
static void add_unique_name(struct str *path, char *const *operands)
{
    const char *program = script_of(operands) ? script_of(operands) : operands[0];
    char when[32] = "";
    time_t now = time(NULL);
    struct tm tm;
    const char *slash = program ? strrchr(program, '/') : NULL;
    const char *base = slash ? slash + 1 : program ? program : "trace";
    if (localtime_r(&now, &tm))
        strftime(when, sizeof(when), "%Y%m%d_%H%M%S", &tm);
    str_add_bytes(path, base, strcspn(base, "."));
    str_printf(path, "_%s_%d.heat", when, (int)getpid());
}

/* Each folder of the path that is missing. */
static int make_folders(const char *path, struct err *err)
{
    struct str part = STR_EMPTY;
    int failed = 0;
    for (size_t i = 1; i <= strlen(path) && !failed; i++) {
        if (path[i] != '/' && path[i])
            continue;
        str_clear(&part);
        str_add_bytes(&part, path, i);
        failed = mkdir(part.data, 0777) && errno != EEXIST;
    }
    if (failed)
        err_system(err, errno, "cannot make the folder %s", part.data);
    str_release(&part);
    return failed ? -1 : 0;
}

int trace_options_output(const struct trace_options *options, char *const *operands,
                         struct str *ret_path, struct err *err)
{
    if (options->output_dir && make_folders(options->output_dir, err))
        return -1;
    if (options->output_dir)
        str_printf(ret_path, "%s/", options->output_dir);
    if (options->unique_output_file) {
        add_unique_name(ret_path, operands);
        return 0;
    }
    const char *name = options->output ? options->output : "trace.heat";
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
    size_t stem = (size_t)(base - name) + strcspn(base, ".");
    str_add_bytes(ret_path, name, stem);
    if (options->pid_suffix)
        str_printf(ret_path, "_%d", (int)getpid());
    str_add(ret_path, name + stem);
    return 0;
}
