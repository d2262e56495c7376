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
#include "cpython/names.h"
#include "sampler/tally.h"
#include "subject/task_ids.h"

enum {
    INTERPS_MAX = 256,
    THREADS_MAX = 8192,
    COMMAND_BYTES_MAX = 4096,
    PROBE_WAIT_MIN_NS = 1 * NS_PER_MS, /* doubled after each fruitless probe … */
    PROBE_WAIT_MAX_NS = NS_PER_S,      /* … up to here, unless the executable has changed */
    EXEC_WAIT_NS = 20 * NS_PER_MS,     /* between looks whether it has */
    BIRTH_WAIT_NS = 3 * NS_PER_MS,     /* a fork is often followed by exec: no need to see both */
    HEADS_WAIT_NS = 5 * NS_PER_MS,     /* new threads are noticed within this time */
    SCAN_WAIT_NS = 500 * NS_PER_MS,    /* and lost ones, at the latest, within this */
    NAMES_WAIT_MIN_NS = 5 * NS_PER_MS,
    NAMES_WAIT_MAX_NS = NS_PER_S,
#ifdef __aarch64__
    GLIBC_PTHREAD_TID = 208, /* of struct pthread.tid in glibc's own layout */
#else
    GLIBC_PTHREAD_TID = 720,
#endif
};

struct process *process_new(struct sampler *s, pid_t pid, struct process *parent)
{
    struct process *p = alloc_zeroed(1, sizeof(*p));
    *p = (struct process){.sampler = s,
                          .pid = pid,
                          .parent = parent,
                          .freezable = true,
                          .wait_status = -1,
                          .probe_wait_ns = PROBE_WAIT_MIN_NS,
                          .born_ns = parent ? clock_ns() + BIRTH_WAIT_NS : 0};
    p->mem = mem_live_new(pid);
    vec_init(&p->interps, sizeof(struct interp));
    vec_init(&p->threads, sizeof(struct thread *));
    return p;
}

static struct thread *thread_at(const struct process *p, size_t i)
{
    return *(struct thread **)vec_at(&p->threads, i);
}

static int emit(struct process *p, const struct event *event)
{
    struct sink *sink = sampler_sink(p->sampler);
    return sink->emit(sink, event);
}

static void end_thread(struct process *p, struct thread *t, uint64_t now_ns)
{
    struct event end = {.kind = EVENT_THREAD_END, .thread_end = {t->id, now_ns}};
    emit(p, &end);
    freeze_release(&t->freeze); /* may be the one who is told how it ended */
    if (t->tid == p->pid && t->freeze.wait_status >= 0)
        p->wait_status = t->freeze.wait_status;
    thread_free(t);
}

static void drop_threads(struct process *p, uint64_t now_ns)
{
    for (size_t i = 0; i < p->threads.len; i++)
        end_thread(p, thread_at(p, i), now_ns);
    vec_clear(&p->threads);
}

void process_free(struct process *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->threads.len; i++)
        thread_free(thread_at(p, i));
    vec_release(&p->interps);
    vec_release(&p->threads);
    code_cache_free(p->codes);
    mem_free(p->mem);
    free(p);
}

static struct string_id string(struct process *p, const char *text, size_t len_bytes)
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
    return string(p, text, len > 0 ? (size_t)len : 0);
}

static struct string_id executable_of(struct process *p)
{
    char path[40], text[COMMAND_BYTES_MAX];
    snprintf(path, sizeof(path), "/proc/%d/exe", p->pid);
    ssize_t len = readlink(path, text, sizeof(text));
    return string(p, text, len > 0 ? (size_t)len : 0);
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
    emit(p, &event);
}

static void go_live(struct process *p, uint64_t now_ns)
{
    code_cache_free(p->codes);
    p->codes = code_cache_new(p->mem, &p->runtime.layout, p->runtime.code_type,
                              sampler_dictionary(p->sampler));
    p->state = PROCESS_LIVE;
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
    drop_threads(p, now_ns);
    p->state = PROCESS_WAITING;
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

/* The kernel's id of a thread, as we see it; 0 = not known (yet). Before 3.11 the thread state does not hold
 * it, but glibc's struct pthread does. */
static pid_t tid_of(const struct process *p, const uint8_t *tstate, uint64_t ident)
{
    const struct layout *l = &p->runtime.layout;
    uint64_t native = 0;
    int32_t tid = 0;
    if (layout_has(l->tstate_native_id)) {
        memcpy(&native, tstate + l->tstate_native_id, sizeof(native));
        tid = native <= INT32_MAX ? (int32_t)native : 0;
    } else if (ident && mem_read(p->mem, ident + GLIBC_PTHREAD_TID, &tid, sizeof(tid)) != RD_OK) {
        tid = 0;
    }
    if (tid <= 0)
        return 0;
    return p->namespaced ? task_ids_outer(p->pid, tid) : tid;
}

static void emit_thread(struct process *p, const struct thread *t, const char *name,
                        size_t len_bytes, uint64_t now_ns)
{
    struct event event = {.kind = EVENT_THREAD,
                          .thread = {.id = t->id,
                                     .process = p->id,
                                     .t_ns = now_ns,
                                     .tid = (uint32_t)t->tid,
                                     .name = string(p, name, len_bytes),
                                     .interpreter = t->interp_id,
                                     .ident = t->ident}};
    emit(p, &event);
}

static void add_thread(struct process *p, const struct interp *interp, uint64_t address,
                       const uint8_t *tstate, uint64_t now_ns)
{
    const struct layout *l = &p->runtime.layout;
    uint64_t ident, unique;
    memcpy(&ident, tstate + l->tstate_ident, sizeof(ident));
    memcpy(&unique, tstate + l->tstate_unique, sizeof(unique));
    for (size_t i = 0; i < p->threads.len; i++) {
        struct thread *t = thread_at(p, i);
        if (t->tstate == address && t->unique == unique) {
            t->seen = true;
            return;
        }
    }
    pid_t tid = tid_of(p, tstate, ident);
    struct thread *t = tid ? thread_new(p, address, tid) : NULL;
    if (!t) { /* not started yet, or ended already */
        p->unborn = true;
        return;
    }
    t->interp = interp->address;
    t->interp_id = interp->id;
    t->gil = interp->gil;
    t->ident = ident;
    t->unique = unique;
    t->seen = true;
    t->id = sampler_next_thread(p->sampler);
    *(struct thread **)vec_push(&p->threads) = t;
    const char *name = tid == p->pid ? "MainThread" : "";
    t->named = *name;
    emit_thread(p, t, name, strlen(name), now_ns);
    p->names_wait_ns = NAMES_WAIT_MIN_NS;
    if (!t->named && p->next_names_ns > now_ns + NAMES_WAIT_MIN_NS)
        p->next_names_ns = now_ns + NAMES_WAIT_MIN_NS;
}

/* All thread states of one interpreter. */
static enum rd scan_threads(struct process *p, const struct interp *interp, uint64_t now_ns)
{
    const struct layout *l = &p->runtime.layout;
    uint64_t address = interp->threads_head;
    for (int i = 0; address && i < THREADS_MAX; i++) {
        uint8_t tstate[LAYOUT_TSTATE_BYTES_MAX];
        uint64_t next, back;
        enum rd rd = mem_read(p->mem, address, tstate, l->tstate_prefix_bytes);
        if (rd != RD_OK)
            return rd;
        memcpy(&next, tstate + l->tstate_next, sizeof(next));
        memcpy(&back, tstate + l->tstate_interp, sizeof(back));
        if (back != interp->address)
            return RD_TORN;
        add_thread(p, interp, address, tstate, now_ns);
        address = next;
    }
    return RD_OK;
}

static enum rd read_interp(struct process *p, uint64_t address, struct interp *ret_interp,
                           uint64_t *ret_next)
{
    const struct layout *l = &p->runtime.layout;
    struct interp interp = {.address = address};
    struct mem_range ranges[4] = {
        {address + l->interp_next, 8, ret_next},
        {address + l->interp_id, 8, &interp.id},
        {address + l->interp_threads, 8, &interp.threads_head},
        {address + l->interp_gil, 8, &interp.gil},
    };
    bool own_gil = layout_has(l->interp_gil);
    enum rd rd = mem_read_many(p->mem, ranges, own_gil ? 4 : 3);
    if (l->free_threaded)
        interp.gil = 0;
    else if (!own_gil && layout_has(l->runtime_gil))
        interp.gil = p->runtime.address + l->runtime_gil;
    *ret_interp = interp;
    return rd;
}

/* Walks interpreters and their threads; new ones are added, vanished ones dropped. */
static enum rd scan(struct process *p, uint64_t now_ns)
{
    const struct layout *l = &p->runtime.layout;
    uint64_t address, next;
    enum rd rd = mem_read_u64(p->mem, p->runtime.address + l->runtime_interpreters, &address);
    if (rd != RD_OK)
        return rd;
    p->head = address;
    p->unborn = false;
    vec_clear(&p->interps);
    for (size_t i = 0; i < p->threads.len; i++)
        thread_at(p, i)->seen = false;
    for (int i = 0; address && i < INTERPS_MAX && rd == RD_OK; i++, address = next) {
        struct interp interp;
        rd = read_interp(p, address, &interp, &next);
        if (rd != RD_OK)
            return rd;
        *(struct interp *)vec_push(&p->interps) = interp;
        rd = scan_threads(p, &interp, now_ns);
    }
    if (rd == RD_OK)
        for (size_t i = 0; i < p->threads.len; i++)
            thread_at(p, i)->gone |= !thread_at(p, i)->seen;
    p->next_scan_ns = now_ns + (rd == RD_OK && !p->unborn ? SCAN_WAIT_NS : HEADS_WAIT_NS);
    return rd;
}

/* New threads and interpreters are put at the heads of their lists: have these moved? */
static enum rd check_heads(struct process *p, uint64_t now_ns, bool *ret_moved)
{
    const struct layout *l = &p->runtime.layout;
    struct mem_range ranges[INTERPS_MAX + 1];
    uint64_t heads[INTERPS_MAX + 1];
    size_t n = p->interps.len;
    ranges[n] = (struct mem_range){p->runtime.address + l->runtime_interpreters, 8, &heads[n]};
    for (size_t i = 0; i < n; i++) {
        const struct interp *interp = vec_at(&p->interps, i);
        ranges[i] = (struct mem_range){interp->address + l->interp_threads, 8, &heads[i]};
    }
    enum rd rd = mem_read_many(p->mem, ranges, n + 1);
    *ret_moved = rd != RD_OK || heads[n] != p->head;
    for (size_t i = 0; i < n && !*ret_moved; i++)
        *ret_moved = heads[i] != ((const struct interp *)vec_at(&p->interps, i))->threads_head;
    p->next_heads_ns = now_ns + HEADS_WAIT_NS;
    return rd;
}

static void remove_gone(struct process *p, uint64_t now_ns)
{
    size_t kept = 0;
    struct thread **threads = p->threads.data;
    for (size_t i = 0; i < p->threads.len; i++) {
        struct thread *t = threads[i];
        if (t->gone)
            end_thread(p, t, now_ns);
        else
            threads[kept++] = t;
    }
    p->threads.len = kept;
}

static void note_name(void *context, uint64_t ident, const char *name, size_t len_bytes)
{
    struct process *p = context;
    for (size_t i = 0; i < p->threads.len; i++) {
        struct thread *t = thread_at(p, i);
        if (t->ident != ident || t->named)
            continue;
        str_clear(&t->name);
        str_add_bytes(&t->name, name, len_bytes);
    }
}

/* Asks threading for the names of new threads; it learns them a little after they start. The ident of a thread that
 * has ended is soon another one's: a name counts only if the thread is there still after it was read. */
static void read_names(struct process *p, uint64_t now_ns)
{
    bool unnamed = false;
    for (size_t i = 0; i < p->threads.len; i++)
        unnamed |= !thread_at(p, i)->named;
    if (!unnamed || now_ns < p->next_names_ns)
        return;
    for (size_t i = 0; i < p->interps.len; i++) {
        const struct interp *interp = vec_at(&p->interps, i);
        names_read(p->mem, &p->runtime.layout, interp->address, note_name, p);
    }
    if (scan(p, now_ns) == RD_OK)
        for (size_t i = 0; i < p->threads.len; i++) {
            struct thread *t = thread_at(p, i);
            if (t->named || !t->name.len || t->gone)
                continue;
            t->named = true;
            emit_thread(p, t, t->name.data, t->name.len, now_ns);
        }
    for (size_t i = 0; i < p->threads.len; i++)
        str_clear(&thread_at(p, i)->name);
    p->next_names_ns = now_ns + p->names_wait_ns;
    if (p->names_wait_ns < NAMES_WAIT_MAX_NS)
        p->names_wait_ns *= 2;
}

/* Brings the lists of interpreters and threads up to date. RD_TORN: no Python there at the moment. */
static enum rd refresh(struct process *p, uint64_t now_ns)
{
    enum rd rd = RD_OK;
    bool moved = false;
    if (now_ns >= p->next_heads_ns)
        rd = check_heads(p, now_ns, &moved);
    if (rd == RD_OK && (moved || now_ns >= p->next_scan_ns)) {
        for (int attempt = 0; attempt < 3; attempt++) {
            rd = scan(p, now_ns);
            if (rd != RD_TORN)
                break;
        }
        if (rd == RD_TORN && p->head)
            rd = RD_OK; /* the list was changing: next time */
        remove_gone(p, now_ns);
    }
    if (rd == RD_OK && !p->head)
        rd = RD_TORN;
    return rd;
}

static void freeze_all(struct process *p)
{
    for (size_t i = 0; i < p->threads.len; i++) {
        struct thread *t = thread_at(p, i);
        thread_stat_look(&t->stat); /* a stopped thread does not tell */
        if (freeze_stop(&t->freeze) == RD_DENIED)
            p->freezable = false;
    }
}

static void thaw_all(struct process *p)
{
    for (size_t i = 0; i < p->threads.len; i++)
        freeze_thaw(&thread_at(p, i)->freeze, true);
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
    emit(p, &event);
}

/* Where a thread has ended another one has often begun: then look for those too, once. */
static void sample_threads(struct process *p, uint64_t now_ns)
{
    bool gone = false;
    size_t count = p->threads.len;
    for (size_t i = 0; i < count; i++) {
        sample_thread(p, thread_at(p, i), now_ns);
        gone |= thread_at(p, i)->gone;
    }
    if (!gone)
        return;
    remove_gone(p, now_ns);
    count = p->threads.len;
    if (scan(p, now_ns) != RD_OK)
        p->next_scan_ns = 0;
    for (size_t i = count; i < p->threads.len; i++)
        sample_thread(p, thread_at(p, i), now_ns);
    remove_gone(p, now_ns);
}

void process_tick(struct process *p, uint64_t now_ns)
{
    enum rd rd = refresh(p, now_ns);
    if (rd == RD_GONE) {
        p->state = PROCESS_GONE;
        return;
    }
    if (rd == RD_TORN) {
        go_waiting(p, now_ns);
        return;
    }
    struct event tick = {.kind = EVENT_TICK, .tick = {p->id, now_ns, now_ns - p->last_tick_ns}};
    emit(p, &tick);
    p->last_tick_ns = now_ns;
    bool blocking = sampler_options(p->sampler)->freeze == SAMPLER_FREEZE_ALL;
    if (blocking)
        freeze_all(p);
    sample_threads(p, now_ns);
    if (blocking)
        thaw_all(p);
    read_names(p, now_ns);
}

void process_attend(struct process *p)
{
    for (size_t i = 0; i < p->threads.len; i++)
        freeze_attend(&thread_at(p, i)->freeze);
}

void process_end(struct process *p, uint64_t now_ns, int64_t exit_status)
{
    drop_threads(p, now_ns);
    p->state = PROCESS_GONE;
    if (!p->id.i)
        return;
    struct event event = {.kind = EVENT_PROCESS_END, .process_end = {p->id, now_ns, exit_status}};
    emit(p, &event);
}

int process_wait_status(const struct process *p)
{
    for (size_t i = 0; i < p->threads.len; i++)
        if (thread_at(p, i)->tid == p->pid && thread_at(p, i)->freeze.wait_status >= 0)
            return thread_at(p, i)->freeze.wait_status;
    return p->wait_status;
}
