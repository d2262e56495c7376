/* `heatline doctor`: what stands in the way of looking into a process, and the fix. What it finds is
 * its output; how it ends is what a command that tried would have ended with. */
#include "cli/checkup.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/out.h"
#include "cli/command.h"
#include "cli/info.h"
#include "cli/pids.h"
#include "cli/terminal.h"
#include "report/display.h"

enum { LINE_COLUMNS = 1 << 16, COMMAND_COLUMNS = 100, ROW_INDENT = 7 };

struct doctor_options {
    struct vec pids; /* of uint64_t */
    bool json;
};

/* Cut after so many columns; in rows on a terminal. */
static void put_shown(struct out *o, const char *before, const char *text, size_t columns)
{
    struct str line = STR_EMPTY;
    size_t wide = terminal_row_columns(STDOUT_FILENO), used = strlen(before);
    display_add(&line, text, columns, DISPLAY_CUT_END);
    size_t bytes = terminal_row(line.data, wide > used ? wide - used : 1);
    out_printf(o, "%s%.*s\n", before, (int)bytes, line.data);
    for (const char *row = line.data + bytes; *row == ' '; row += bytes) {
        bytes = terminal_row(++row, wide - ROW_INDENT);
        out_printf(o, "%*s%.*s\n", ROW_INDENT, "", (int)bytes, row);
    }
    str_release(&line);
}

static void put_checkup(struct out *o, const struct checkup *c)
{
    char python[32];
    info_python(c->version, python, sizeof(python));
    if (c->reading.status != STATUS_OK) {
        put_shown(o, "no   ", c->reading.text, LINE_COLUMNS);
        if (c->command.len)
            put_shown(o, "     it is: ", c->command.data, COMMAND_COLUMNS);
        if (c->reading.hint[0])
            put_shown(o, "     fix: ", c->reading.hint, LINE_COLUMNS);
        return;
    }
    out_printf(o, "ok   process %d: Python %s%s, %u thread%s\n", c->pid, python,
               c->free_threaded ? " free-threaded" : "", c->threads, c->threads == 1 ? "" : "s");
    if (c->command.len)
        put_shown(o, "     it is: ", c->command.data, COMMAND_COLUMNS);
    if (c->guessed)
        out_text(o, "     this Python is newer than this Heatline: it is read as the newest one "
                    "known\n");
    if (c->freezing.status != STATUS_OK) {
        put_shown(o, "     but its threads cannot be stopped: ", c->freezing.text, LINE_COLUMNS);
        put_shown(o, "     fix: ", c->freezing.hint, LINE_COLUMNS);
    }
}

static void put_yama(struct out *o, const struct machine *m)
{
    static const char *const meanings[] = {
        "off: you may look into your own processes",
        "you may look only into programs that heatline starts, unless root",
        "only root may look",
        "nobody may look until the next boot",
    };
    int scope = m->obstacles.yama_scope;
    out_printf(o, "  Yama            kernel.yama.ptrace_scope=%d, %s\n", scope,
               meanings[scope >= 0 && scope <= 3 ? scope : 3]);
    if (scope > 0 && scope < 3 && !m->sys_ptrace)
        out_text(o, "                  fix: sudo heatline …, or sudo sysctl "
                    "kernel.yama.ptrace_scope=0\n");
}

static void put_machine(struct out *o, const struct machine *m)
{
    const struct obstacles *facts = &m->obstacles;
    out_printf(o, "This machine\n  kernel          %s\n", m->kernel);
    out_printf(o, "  user            %u, %s the capability SYS_PTRACE%s\n", facts->self.uids[1],
               m->sys_ptrace ? "with" : "without",
               m->sys_ptrace ? ": every process of this user namespace is open"
                             : ": only your own processes are open");
    put_yama(o, m);
    out_printf(o, "  reading memory  %s\n",
               facts->read_filtered ? "no: a seccomp filter forbids process_vm_readv" : "allowed");
    out_printf(o, "  stopping        %s\n",
               facts->ptrace_filtered ? "no: a seccomp filter forbids ptrace; add --nonblocking"
                                      : "allowed");
    out_printf(o, "  probing         %s\n",
               m->probing ? "allowed: fast threads are interrupted for a look, not stopped"
                          : "no: needs CAP_BPF and CAP_PERFMON; fast threads are stopped");
    out_printf(o, "  container       %s\n", facts->in_container ? "yes" : "none seen");
    out_printf(o, "  user namespace  %s\n",
               facts->nested_user_ns ? "a nested one: what is outside of it cannot be read"
                                     : "the machine's own");
    if (m->perf_paranoid != INT_MAX)
        out_printf(o, "  perf events     kernel.perf_event_paranoid=%d (not needed)\n",
                   m->perf_paranoid);
    if (!facts->proc_is_ours)
        out_text(o, "  /proc           of another PID namespace; fix: mount -t proc proc /proc\n");
}

static void put_text(struct json *j, const char *key, const char *text)
{
    json_key(j, key);
    if (text && text[0])
        json_text(j, text);
    else
        json_null(j);
}

static void put_int(struct json *j, const char *key, int64_t value)
{
    json_key(j, key);
    json_int(j, value);
}

static void put_bool(struct json *j, const char *key, bool value)
{
    json_key(j, key);
    json_bool(j, value);
}

static void put_machine_json(struct json *j, const struct machine *m)
{
    const struct obstacles *facts = &m->obstacles;
    json_key(j, "machine");
    json_object(j);
    put_text(j, "kernel", m->kernel);
    put_int(j, "uid", facts->self.uids[1]);
    put_bool(j, "sys_ptrace", m->sys_ptrace);
    put_int(j, "yama_scope", facts->yama_scope);
    put_bool(j, "read_filtered", facts->read_filtered);
    put_bool(j, "ptrace_filtered", facts->ptrace_filtered);
    put_bool(j, "probing", m->probing);
    put_bool(j, "nested_user_ns", facts->nested_user_ns);
    put_bool(j, "container", facts->in_container);
    json_key(j, "perf_event_paranoid");
    if (m->perf_paranoid != INT_MAX)
        json_int(j, m->perf_paranoid);
    else
        json_null(j);
    json_object_end(j);
}

static void put_checkup_json(struct json *j, const struct checkup *c)
{
    const struct err *why = c->reading.status != STATUS_OK ? &c->reading : &c->freezing;
    char python[32];
    info_python(c->version, python, sizeof(python));
    json_object(j);
    put_int(j, "pid", c->pid);
    put_text(j, "command_line", c->command.data);
    put_bool(j, "readable", c->reading.status == STATUS_OK);
    put_bool(j, "stoppable", c->freezing.status == STATUS_OK);
    put_text(j, "python", python);
    put_bool(j, "free_threaded", c->free_threaded);
    put_int(j, "threads", c->threads);
    put_int(j, "status", c->reading.status);
    put_text(j, "reason", why->status != STATUS_OK ? why->text : NULL);
    put_text(j, "hint", why->status != STATUS_OK ? why->hint : NULL);
    json_object_end(j);
}

static void put_all_json(struct out *o, const struct machine *m, const struct vec *checkups)
{
    struct json j;
    json_init(&j, o);
    j.pretty = true;
    json_object(&j);
    put_machine_json(&j, m);
    json_key(&j, "processes");
    json_array(&j);
    for (size_t i = 0; i < checkups->len; i++)
        put_checkup_json(&j, vec_at(checkups, i));
    json_array_end(&j);
    json_object_end(&j);
    out_text(o, "\n");
}

static void put_all(struct out *o, const struct machine *m, const struct vec *checkups, bool asked)
{
    if (!asked) {
        put_machine(o, m);
        out_text(o, checkups->len ? "\nPython processes\n" : "\nNo Python process was seen\n");
    }
    for (size_t i = 0; i < checkups->len; i++)
        put_checkup(o, vec_at(checkups, i));
}

/* Of the first process that was asked about and cannot be read; of the machine without one. */
static int status_of(const struct machine *m, const struct vec *checkups, bool asked)
{
    if (!asked)
        return m->obstacles.read_filtered || m->obstacles.yama_scope == 3 ? STATUS_PERMISSION
                                                                          : STATUS_OK;
    for (size_t i = 0; i < checkups->len; i++) {
        const struct checkup *c = vec_at(checkups, i);
        if (c->reading.status != STATUS_OK)
            return (int)c->reading.status;
    }
    return STATUS_OK;
}

static int examine(const struct vec *pids, bool json, struct err *err)
{
    struct runtime_finder *finder = runtime_finder_new();
    struct vec checkups;
    struct machine machine;
    vec_init(&checkups, sizeof(struct checkup));
    machine_look(&machine);
    for (size_t i = 0; i < pids->len; i++)
        checkup_process(vec_push(&checkups), finder, (pid_t) * (const uint64_t *)vec_at(pids, i));
    if (!pids->len)
        checkup_all(&checkups, finder);
    int status = -1;
    struct out *o = out_open("-", err);
    if (o && json)
        put_all_json(o, &machine, &checkups);
    else if (o)
        put_all(o, &machine, &checkups, pids->len > 0);
    if (o && out_close(o, err) == 0)
        status = status_of(&machine, &checkups, pids->len > 0);
    for (size_t i = 0; i < checkups.len; i++)
        checkup_release(vec_at(&checkups, i));
    vec_release(&checkups);
    runtime_finder_free(finder);
    return status;
}

static int run(const struct arguments *arguments, struct err *err)
{
    const struct doctor_options *options = arguments->options;
    struct vec pids;
    vec_init(&pids, sizeof(uint64_t));
    int status = pids_of(arguments, &options->pids, &pids, err);
    if (!status)
        status = examine(&pids, options->json, err);
    vec_release(&pids);
    return status;
}

static const struct option rows[] = {
    {.name = "pid",
     .letter = 'p',
     .kind = OPTION_UINTS,
     .argument = "N",
     .offset = offsetof(struct doctor_options, pids),
     .min = 1,
     .max = INT32_MAX,
     .doc = "Examine this process, as PID does; may be repeated"},
    {.name = "json",
     .letter = 'j',
     .kind = OPTION_FLAG,
     .offset = offsetof(struct doctor_options, json),
     .doc = "Write JSON; heatline(1) tells its keys"},
    {0},
};
static const struct option_group groups[] = {
    {"Options", rows, 0},
    {"Other", option_help_rows, 0},
    {0},
};
static const char *const usage[] = {"[OPTION...] [PID...]", NULL};
static const char *const examples[] = {
    "Why does `heatline record -p 1234` fail?",
    "heatline doctor 1234",
    "What does this machine allow, and which Pythons run on it?",
    "heatline doctor",
    NULL,
};

const struct command command_doctor = {
    .name = "doctor",
    .doc = "Tell what stands in the way of looking into a process, and the fix",
    .usage = usage,
    .about = "Without a PID: what this machine allows, and the Python processes that are seen. The "
             "exit status is that of a command that tries: 0, 4 for missing permission, 5 for no "
             "Python, 6 for a process that is gone.",
    .examples = examples,
    .groups = groups,
    .options_bytes = sizeof(struct doctor_options),
    .run = run,
};
