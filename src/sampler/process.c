/* Knows a target's life: when Python comes up in it, which interpreters and threads it has, when it ends. How
 * a thread is read is thread.c's. */
#include "sampler/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/str.h"
#include "cpython/gil.h"
#include "sampler/roster.h"
#include "sampler/tally.h"
#include "subject/exec_mark.h"
#include "subject/task_ids.h"

enum {
    COMMAND_BYTES_MAX = 4096,
    PROBE_WAIT_MIN_NS = 1 * NS_PER_MS, /* doubled after each fruitless probe … */
    PROBE_WAIT_MAX_NS = NS_PER_S,      /* … up to here, unless the executable has changed */
    QUESTION_NS = 50 * NS_PER_US,      /* to ask for the GIL takes less on a CPU */
    INTERVAL_MAX_US = 10000000,        /* any longer, and what was read is something else */
    EXEC_WAIT_NS = 20 * NS_PER_MS,     /* between looks whether it has */
    BIRTH_WAIT_NS = 3 * NS_PER_MS,     /* a fork is often followed by exec: no need to see both */
};

struct process *process_new(struct sampler *s, pid_t pid, struct process *parent)
{
    struct process *p = alloc_zeroed(1, sizeof(*p));
    *p = (struct process){.sampler = s,
                          .pid = pid,
                          .parent = parent,
                          .freezable = true,
                          .probeable = true,
                          .wait_status = -1,
                          .probe_wait_ns = PROBE_WAIT_MIN_NS,
                          .born_ns = parent ? clock_ns() + BIRTH_WAIT_NS : 0};
    p->mem = mem_live_new(pid);
    vec_init(&p->interps, sizeof(struct interp));
    vec_init(&p->threads, sizeof(struct thread *));
    vec_init(&p->ranges, sizeof(struct mem_range));
    return p;
}

struct thread *process_thread(const struct process *p, size_t i)
{
    return *(struct thread **)vec_at(&p->threads, i);
}

int process_emit(struct process *p, const struct event *event)
{
    struct sink *sink = sampler_sink(p->sampler);
    return sink->emit(sink, event);
}

void process_free(struct process *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->threads.len; i++)
        thread_free(process_thread(p, i));
    vec_release(&p->interps);
    vec_release(&p->threads);
    vec_release(&p->ranges);
    code_cache_free(p->codes);
    mem_free(p->mem);
    free(p);
}

struct string_id process_string(struct process *p, const char *text, size_t len_bytes)
{
    return dictionary_string(sampler_dictionary(p->sampler), text, len_bytes);
}

static struct string_id command_of(struct process *p)
{
    char path[40], text[COMMAND_BYTES_MAX];
    snprintf(path, sizeof(path), "/proc/%d/cmdline", p->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text));
    if (fd >= 0)
        close(fd);
    while (len > 0 && text[len - 1] == '\0')
        len--;
    for (ssize_t i = 0; i < len; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    return process_string(p, text, len > 0 ? (size_t)len : 0);
}

static struct string_id executable_of(struct process *p)
{
    char path[40], text[COMMAND_BYTES_MAX];
    snprintf(path, sizeof(path), "/proc/%d/exe", p->pid);
    ssize_t len = readlink(path, text, sizeof(text));
    return process_string(p, text, len > 0 ? (size_t)len : 0);
}

static void introduce(struct process *p, uint64_t now_ns)
{
    bool first = p->id.i == 0;
    if (first) {
        p->id.i = ++sampler_tally(p->sampler)->processes_seen;
        p->last_tick_ns = now_ns;
    }
    struct process *parent = p->parent;
    while (parent && !parent->id.i)
        parent = parent->parent;
    struct event event = {.kind = EVENT_PROCESS,
                          .process = {.id = p->id,
                                      .t_ns = now_ns,
                                      .pid = (uint32_t)p->pid,
                                      .parent = parent ? parent->id : (struct process_id){0},
                                      .executable = executable_of(p),
                                      .command = command_of(p),
                                      .python = p->runtime.layout.version,
                                      .flags = p->runtime.layout.free_threaded}};
    process_emit(p, &event);
}

static void go_live(struct process *p, uint64_t now_ns)
{
    code_cache_free(p->codes);
    p->codes = code_cache_new(p->mem, &p->runtime.layout, p->runtime.code_type,
                              sampler_dictionary(p->sampler));
    p->state = PROCESS_LIVE;
    p->exec_mark = exec_mark(p->pid);
    vec_clear(&p->interps);
    p->namespaced = task_ids_nested(p->pid);
    p->head = 0;
    p->tasks_address = 0;
    p->next_tasks_ns = p->next_heads_ns = p->next_scan_ns = p->next_names_ns = 0;
    p->names_wait_ns = NAMES_WAIT_MIN_NS;
    introduce(p, now_ns);
}

/* It is no Python now (it may be again: exec). */
static void go_waiting(struct process *p, uint64_t now_ns)
{
    roster_drop_all(p, now_ns);
    p->state = PROCESS_WAITING;
    p->holds = false;
    p->next_probe_ns = 0;
    p->probe_wait_ns = PROBE_WAIT_MIN_NS;
}

/* Has another program been executed in it since we looked last? */
static bool executable_changed(struct process *p, uint64_t now_ns)
{
    char path[40];
    struct stat st = {0};
    if (now_ns < p->next_exec_ns)
        return false;
    p->next_exec_ns = now_ns + EXEC_WAIT_NS;
    snprintf(path, sizeof(path), "/proc/%d/exe", p->pid);
    if (stat(path, &st) && kill(p->pid, 0) && errno == ESRCH)
        p->state = PROCESS_GONE;
    bool changed = st.st_ino != p->executable_inode || st.st_dev != p->executable_device;
    p->executable_inode = st.st_ino;
    p->executable_device = st.st_dev;
    return changed;
}

/* A forked child has its parent's runtime, at the same address. */
static bool has_parents_runtime(struct process *p)
{
    if (p->id.i || !p->parent || p->parent->state != PROCESS_LIVE)
        return false;
    p->runtime = p->parent->runtime;
    p->found = runtime_check(&p->runtime, p->mem);
    return p->found == RUNTIME_READY;
}

bool process_probe(struct process *p, uint64_t now_ns)
{
    if (p->state != PROCESS_WAITING)
        return p->state == PROCESS_LIVE;
    if (now_ns < p->born_ns || (!executable_changed(p, now_ns) && now_ns < p->next_probe_ns))
        return false;
    if (!has_parents_runtime(p))
        p->found = runtime_find(sampler_finder(p->sampler), p->pid, p->mem, &p->runtime);
    if (p->found == RUNTIME_READY)
        go_live(p, now_ns);
    else if (p->found == RUNTIME_GONE && p->state == PROCESS_WAITING)
        p->state = kill(p->pid, 0) && errno == ESRCH ? PROCESS_GONE : PROCESS_WAITING;
    p->next_probe_ns = now_ns + p->probe_wait_ns;
    if (p->probe_wait_ns < PROBE_WAIT_MAX_NS)
        p->probe_wait_ns *= 2;
    return p->state == PROCESS_LIVE;
}

static void freeze_all(struct process *p)
{
    for (size_t i = 0; i < p->threads.len; i++) {
        struct thread *t = process_thread(p, i);
        thread_stat_look(&t->stat); /* a stopped thread does not tell */
        if (freeze_stop(&t->freeze) == RD_DENIED)
            p->freezable = false;
    }
}

static void thaw_all(struct process *p)
{
    for (size_t i = 0; i < p->threads.len; i++)
        freeze_thaw(&process_thread(p, i)->freeze, true);
}

static void sample_thread(struct process *p, struct thread *t, uint64_t now_ns)
{
    struct sampler_stats *tally = sampler_tally(p->sampler);
    struct event event = {.kind = EVENT_SAMPLE};
    enum thread_verdict verdict = thread_sample(p, t, now_ns);
    switch (verdict) {
    case THREAD_GONE:
        t->gone = true;
        return;
    case THREAD_TORN:
    case THREAD_INVALID:
        event.kind = EVENT_REJECT;
        event.reject.thread = t->id;
        event.reject.reason = verdict == THREAD_TORN ? REJECT_TORN : REJECT_INVALID;
        tally->rejected++;
        p->next_scan_ns = 0; /* is it still there? */
        break;
    default:
        event.sample = (struct sample_event){t->id, t->stack, t->state};
        tally->samples++;
        tally->truncated += verdict == THREAD_TRUNCATED;
    }
    process_emit(p, &event);
}

/* Has it had the GIL since the last look, at which it waited for it? It has it now, or ran for longer than asking for it
 * takes. It may have had it even if this says no. */
static bool had_turn(const struct thread *t, const struct gil_turns *turns, uint64_t elapsed_ns)
{
    uint64_t questions = elapsed_ns / 1000 / turns->interval_us + 1;
    return t->tstate == turns->last || t->stat.ran_ns > (questions + 3) * QUESTION_NS;
}

/* Threads that wait for the GIL wake every few milliseconds only to ask for it. If it changed hands just as often as
 * threads are known to have got it, no other thread of them has, so all of those are where they were. */
static bool others_wait(struct process *p, uint64_t gil, uint64_t elapsed_ns)
{
    struct gil_turns before, after;
    uint64_t had = 0;
    if (gil_turns_read(p->mem, gil, &before) != RD_OK || before.interval_us - 1 >= INTERVAL_MAX_US)
        return false;
    bool all = true;
    for (size_t i = 0; i < p->threads.len; i++) {
        struct thread *t = process_thread(p, i);
        if (!thread_waited(t))
            continue;
        t->told = thread_stat_ran(&t->stat, &t->ran) == RD_OK;
        all &= t->told && t->baseline && t->gil == gil;
        had += had_turn(t, &before, elapsed_ns);
    }
    bool proven = all && gil == p->gil && before.count - p->turns == had &&
                  gil_turns_read(p->mem, gil, &after) == RD_OK && after.count == before.count;
    p->gil = gil;
    p->turns = before.count;
    for (size_t i = 0; i < p->threads.len && proven; i++) {
        struct thread *t = process_thread(p, i);
        t->stands = thread_waited(t) && !had_turn(t, &before, elapsed_ns);
    }
    return proven;
}

/* Otherwise what each of them does is read; of those that still wait, all at once, whether they have had it. */
static void ask_waiting(struct process *p, uint64_t elapsed_ns)
{
    const struct layout *l = &p->runtime.layout;
    uint64_t gil = 0;
    size_t asked = 0;
    for (size_t i = 0; i < p->threads.len; i++) {
        struct thread *t = process_thread(p, i);
        t->told = t->stands = t->asked = false;
        gil = thread_waited(t) ? t->gil : gil;
    }
    if (!gil || others_wait(p, gil, elapsed_ns))
        return;
    vec_clear(&p->ranges);
    if (layout_has(l->runtime_tstate_current))
        *(struct mem_range *)vec_push(&p->ranges) = (struct mem_range){
            p->runtime.address + l->runtime_tstate_current, sizeof(p->current), &p->current};
    for (size_t i = 0; i < p->threads.len; i++) {
        struct thread *t = process_thread(p, i);
        t->asked = thread_waited(t) && thread_ask(p, t, &p->ranges);
        asked += t->asked;
    }
    if (!asked || mem_read_many(p->mem, p->ranges.data, p->ranges.len) != RD_OK)
        return;
    for (size_t i = 0; i < p->threads.len; i++)
        if (process_thread(p, i)->asked)
            thread_hear(p, process_thread(p, i));
}

/* Where a thread has ended another one has often begun: then look for those too, once. */
static void sample_threads(struct process *p, uint64_t now_ns, uint64_t elapsed_ns)
{
    bool gone = false, holds = false;
    size_t count = p->threads.len;
    ask_waiting(p, elapsed_ns);
    for (size_t i = 0; i < count; i++) {
        struct thread *t = process_thread(p, i);
        sample_thread(p, t, now_ns);
        gone |= t->gone;
        holds |= t->freeze.state != FREEZE_FREE;
    }
    p->holds = holds;
    if (!gone)
        return;
    roster_drop_gone(p, now_ns);
    count = p->threads.len;
    if (roster_scan(p, now_ns) != RD_OK)
        p->next_scan_ns = 0;
    for (size_t i = count; i < p->threads.len; i++)
        sample_thread(p, process_thread(p, i), now_ns);
    roster_drop_gone(p, now_ns);
}

void process_tick(struct process *p, uint64_t now_ns)
{
    enum rd rd = roster_refresh(p, now_ns);
    if (rd == RD_GONE && !p->awaited) {
        p->state = PROCESS_GONE;
        return;
    }
    if (rd == RD_GONE || rd == RD_TORN) {
        go_waiting(p, now_ns);
        return;
    }
    struct event tick = {.kind = EVENT_TICK, .tick = {p->id, now_ns, now_ns - p->last_tick_ns}};
    process_emit(p, &tick);
    p->last_tick_ns = now_ns;
    bool blocking = sampler_options(p->sampler)->freeze == SAMPLER_FREEZE_ALL;
    if (blocking)
        freeze_all(p);
    sample_threads(p, now_ns, tick.tick.period_ns);
    if (blocking)
        thaw_all(p);
    roster_name(p, now_ns);
}

void process_attend(struct process *p)
{
    for (size_t i = 0; i < p->threads.len; i++)
        freeze_attend(&process_thread(p, i)->freeze);
}

void process_end(struct process *p, uint64_t now_ns, int64_t exit_status)
{
    roster_drop_all(p, now_ns);
    p->state = PROCESS_GONE;
    if (!p->id.i)
        return;
    struct event event = {.kind = EVENT_PROCESS_END, .process_end = {p->id, now_ns, exit_status}};
    process_emit(p, &event);
}

int process_wait_status(const struct process *p)
{
    for (size_t i = 0; i < p->threads.len; i++)
        if (process_thread(p, i)->tid == p->pid && process_thread(p, i)->freeze.wait_status >= 0)
            return process_thread(p, i)->freeze.wait_status;
    return p->wait_status;
}
