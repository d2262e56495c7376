/* Puts a library where the process can load it, has it loaded in whatever way its Python knows, and waits. */
#include "inject/inject.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cpython/verdict.h"
#include "inject/folder.h"
#include "inject/image.h"
#include "inject/script.h"
#include "inject/way.h"
#include "subject/diagnose.h"
#include "subject/exec_mark.h"
#include "subject/proc_status.h"
#include "subject/syscalls.h"
#include "subject/thread_stat.h"

enum { EXECS_MAX = 4 };

struct waiting {
    const struct folder *folder;
    pid_t pid;
    uint64_t exec_mark; /* of the program that was asked */
    uint64_t until_ns;
    const struct inject_call *call;
    bool stopped;
    char *answer;
};

static bool is_gone(pid_t pid)
{
    struct proc_status status;
    return proc_status_read(&status, pid) || status.state == 'Z' || status.state == 'X';
}

/* Has the process become another program than the one that was asked? */
static bool is_another(const struct waiting *w)
{
    return !w->stopped && !is_gone(w->pid) && exec_mark(w->pid) != w->exec_mark;
}

static enum way_look look(void *context)
{
    struct waiting *w = context;
    ssize_t len = folder_read(w->folder, SCRIPT_ANSWER_NAME, w->answer, INJECT_ANSWER_BYTES);
    if (len > 0 && w->answer[len - 1] == '\n') {
        w->answer[len - 1] = '\0';
        return WAY_ANSWERED;
    }
    w->answer[0] = '\0';
    w->stopped = w->call->stop && w->call->stop(w->call->context);
    bool over = w->stopped || clock_ns() > w->until_ns || is_gone(w->pid) || is_another(w);
    return over ? WAY_GIVEN_UP : WAY_WAITING;
}

/* Why it did not come to it. */
static int tell_waited(const struct waiting *w, struct err *err)
{
    if (diagnose(w->pid, err))
        return -1;
    if (w->stopped)
        return err_set(err, STATUS_FAIL, "told to stop before the agent was in process %d",
                       (int)w->pid);
    struct thread_stat stat;
    const char *name = NULL;
    if (thread_stat_open(&stat, w->pid, w->pid) == 0) {
        if (thread_stat_look(&stat) == RD_OK && !stat.running)
            name = syscall_name(stat.syscall);
        thread_stat_close(&stat);
    }
    err_set(err, STATUS_FAIL, "process %d ran no Python to let the agent in%s%s%s", (int)w->pid,
            name ? " (its main thread is blocked in " : "", name ? name : "", name ? ")" : "");
    return err_hint(err, "it was left as it was; try again when it runs, or start it with "
                         "`heatline trace`");
}

/* The same library is loaded once a process: by its name, which says what is in it. */
static int library_name(char *ret, size_t cap, const char *path, struct err *err)
{
    struct stat st;
    if (stat(path, &st))
        return err_system(err, errno, "cannot read %s", path);
    const char *base = basename(path);
    snprintf(ret, cap, "%.*s-%" PRIx64 "-%" PRIx64 ".so", (int)strcspn(base, "."), base,
             (uint64_t)st.st_size,
             (uint64_t)st.st_mtim.tv_sec * NS_PER_S + (uint64_t)st.st_mtim.tv_nsec);
    return 0;
}

/* On musl, NAME-musl.so for NAME.so. */
static void fit(struct str *ret_path, const char *library, bool musl)
{
    const char *suffix = strrchr(library, '.');
    str_add_bytes(ret_path, library, (size_t)(suffix - library));
    str_printf(ret_path, "%s%s", musl ? "-musl" : "", suffix);
}

/* A file by that name that the process has open (agent/file.c), as it can open it again; -1: none. */
static int find_open(pid_t pid, const char *name, struct str *ret_path)
{
    char folder[64], target[512];
    int found = -1;
    snprintf(folder, sizeof(folder), "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && found && (entry = readdir(dir));) {
        ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
        target[len < 0 ? 0 : len] = '\0';
        if (!strstr(target, name))
            continue;
        str_printf(ret_path, "/proc/self/fd/%s", entry->d_name);
        found = 0;
    }
    if (dir)
        closedir(dir);
    return found;
}

/* Its path as the process will know it; copied there unless it is loaded already. */
static int bring(struct folder *folder, pid_t pid, const struct maps *maps, const char *library,
                 struct str *ret_path, struct err *err)
{
    char name[128];
    const char *loaded = maps_named(maps, basename(library));
    if (loaded) { /* the process was started with it */
        str_add(ret_path, loaded);
        return 0;
    }
    struct str fitting = STR_EMPTY;
    const bool musl = maps_musl(maps);
    fit(&fitting, library, musl);
    int failed = library_name(name, sizeof(name), fitting.data, err);
    loaded = failed ? NULL : maps_named(maps, name);
    if (loaded && !musl) {
        str_add(ret_path, loaded);
    } else if (loaded && find_open(pid, name, ret_path)) {
        failed = err_set(err, STATUS_FAIL,
                         "process %d has closed the file of the agent that is in it", (int)pid);
        err_hint(err, "start the program with `heatline trace` instead");
    } else if (!failed && !loaded) {
        failed = folder_copy(folder, name, fitting.data, err);
        str_printf(ret_path, "%s/%s", folder->path, name);
    }
    str_release(&fitting);
    return failed;
}

static int bring_agent(struct folder *folder, pid_t pid, const char *library, struct str *ret_path,
                       struct err *err)
{
    struct maps maps;
    maps_init(&maps);
    int failed = maps_read(&maps, pid) == RD_OK ? bring(folder, pid, &maps, library, ret_path, err)
                 : diagnose(pid, err)           ? -1
                                      : err_set(err, STATUS_GONE, "process %d has ended", (int)pid);
    maps_release(&maps);
    return failed;
}

static int prepare(struct folder *folder, pid_t pid, const struct inject_call *call,
                   struct err *err)
{
    struct str path = STR_EMPTY, text = STR_EMPTY;
    int failed =
        folder_make(folder, pid, err) || bring_agent(folder, pid, call->library, &path, err);
    if (!failed) {
        script_text(&text, folder->path, path.data, call->entry, call->config);
        failed = folder_put(folder, SCRIPT_NAME, text.data, text.len, err);
    }
    str_release(&path);
    str_release(&text);
    return failed ? -1 : 0;
}

static int run(const struct way_target *target, const struct waiting *waiting, struct err *err)
{
    bool debugger = layout_has(target->runtime.layout.tstate_debugger);
    if (debugger ? way_debugger(target, err) : way_pending_call(target, err))
        return -1;
    return waiting->answer[0] ? 0 : tell_waited(waiting, err);
}

/* A process that is being killed may refuse to be looked at before it is seen to have ended. */
static void tell_better(pid_t pid, struct err *err)
{
    const struct timespec nap = {.tv_nsec = 2 * NS_PER_MS};
    for (int i = 0; i < 10 && err->status == STATUS_PERMISSION; i++) {
        if (is_gone(pid))
            err_set(err, STATUS_GONE, "process %d has ended", (int)pid);
        else
            nanosleep(&nap, NULL);
    }
}

static int attempt(struct runtime_finder *finder, struct way_target *target,
                   struct waiting *waiting, struct err *err)
{
    struct folder folder = {.fd = -1, .parent_fd = -1};
    waiting->folder = &folder;
    waiting->answer[0] = '\0';
    waiting->exec_mark = exec_mark(target->pid);
    int failed = verdict_find(finder, target->pid, target->mem, &target->runtime, err) ||
                 prepare(&folder, target->pid, waiting->call, err);
    target->folder = folder.path;
    if (!failed)
        failed = run(target, waiting, err);
    folder_remove(&folder);
    return failed ? -1 : 0;
}

int inject_run(pid_t pid, const struct inject_call *call, char ret_answer[INJECT_ANSWER_BYTES],
               struct err *err)
{
    struct waiting waiting = {
        .pid = pid,
        .until_ns = clock_ns() + call->timeout_ns,
        .call = call,
        .answer = ret_answer,
    };
    struct way_target target = {
        .pid = pid, .mem = mem_live_new(pid), .look = look, .context = &waiting};
    struct runtime_finder *finder = runtime_finder_new();
    int failed, execs = 0;
    do
        failed = attempt(finder, &target, &waiting, err);
    while (failed && is_another(&waiting) && ++execs < EXECS_MAX);
    if (failed)
        tell_better(pid, err);
    runtime_finder_free(finder);
    mem_free(target.mem);
    return failed;
}
