#include "cli/trace_config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <regex.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RING_DEFAULT = 64 << 20 };

/* The default of --max-size. */
static uint64_t room_of(const char *recording)
{
    const uint64_t most = 8ULL << 30;
    struct statvfs fs;
    uint64_t tenth = statvfs(recording, &fs) ? most : fs.f_bavail * fs.f_frsize / 10;
    return tenth > most ? most : tenth > TRACE_BYTES_MIN ? tenth : TRACE_BYTES_MIN;
}

static uint64_t bytes_of(const struct trace_options *options, const char *recording)
{
    const uint64_t entry_bytes = 8;
    if (options->max_bytes)
        return options->max_bytes;
    if (!options->entries && options->triggers.len)
        return RING_DEFAULT;
    if (!options->entries)
        return room_of(recording);
    return options->entries * entry_bytes > TRACE_BYTES_MIN ? options->entries * entry_bytes
                                                            : TRACE_BYTES_MIN;
}

static void add_patterns(struct str *config, const char *key, const struct vec *patterns)
{
    for (size_t i = 0; i < patterns->len; i++) {
        const char *pattern = *(const char *const *)vec_at(patterns, i);
        if (pattern)
            str_printf(config, "%s=%s\n", key, pattern);
    }
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

int trace_config_check(const struct trace_options *options, struct err *err)
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

void trace_config_write(const struct trace_options *options, const char *recording,
                        struct str *ret_config)
{
    str_printf(ret_config, "file=%s\nc_functions=%d\nfrozen=%d\nchildren=%d\n", recording,
               !options->ignore_c_function && !options->log_sparse, !options->ignore_frozen,
               !options->ignore_multiprocess);
    str_printf(ret_config, "sparse=%d\n", options->log_sparse);
    str_printf(ret_config, "max_depth=%" PRIu64 "\nmin_duration_ns=%" PRIu64 "\n",
               options->max_stack_depth, options->min_duration_ns);
    str_printf(ret_config, "max_bytes=%" PRIu64 "\nlatest=%d\n", bytes_of(options, recording),
               !options->stop_when_full);
    str_printf(ret_config, "arguments=%d\nresults=%d\n", options->log_func_args,
               options->log_func_retval);
    str_printf(ret_config, "prints=%d\ncollections=%d\nexceptions=%d\n", options->log_print,
               options->log_gc, options->log_exception);
    str_printf(ret_config, "tasks=%d\nrepr=%d\ntorch=%d\n", options->log_async, options->repr,
               options->log_torch);
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
const char *trace_config_script(char *const *argv)
{
    for (size_t i = 0; i < 2 && argv[i]; i++) {
        size_t len = strlen(argv[i]);
        if (len > 3 && strcmp(argv[i] + len - 3, ".py") == 0)
            return argv[i];
    }
    return NULL;
}

void trace_config_add_project(char *const *argv, struct str *ret_config)
{
    char folder[PATH_MAX] = ".", real[PATH_MAX];
    const char *script = trace_config_script(argv), *slash = script ? strrchr(script, '/') : NULL;
    if (slash)
        snprintf(folder, sizeof(folder), "%.*s", (int)(slash - script), script);
    if (!realpath(folder, real))
        return;
    str_printf(ret_config, "project=%s/\n", real);
    if (folder[0] == '/' && strcmp(folder, real) != 0)
        str_printf(ret_config, "project=%s/\n", folder);
}

static bool is_python(const char *program)
{
    const char *slash = strrchr(program, '/');
    return strncmp(slash ? slash + 1 : program, "python", 6) == 0;
}

int trace_config_check_torch(char *const *argv, struct err *err)
{
    static const char ask[] =
        "import importlib.util, sys; spec = importlib.util.find_spec('torch'); "
        "sys.exit(0 if spec and spec.origin else 3)"; /* a mere folder has no origin */
    char *const command[] = {argv[0], (char *)"-c", (char *)ask, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = 0;
    if (!is_python(argv[0]))
        return 0;
    posix_spawn_file_actions_init(&actions);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    bool started = posix_spawnp(&pid, argv[0], &actions, NULL, command, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    if (!started || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
        WEXITSTATUS(status) != 3)
        return 0;
    err_set(err, STATUS_USAGE, "--log-torch: %s has no torch", argv[0]);
    return err_hint(err, "install torch for it (pip install torch), or leave --log-torch out");
}
