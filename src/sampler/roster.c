/* Knows the lists of interpreters and threads, and brings ours in line with them; not what the threads do. */
#include "sampler/roster.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "cpython/names.h"
#include "cpython/threads.h"
#include "sampler/tally.h"
#include "subject/exec_mark.h"
#include "subject/task_ids.h"

enum {
    HEADS_WAIT_NS = 5 * NS_PER_MS,  /* new threads are noticed within this time */
    SCAN_WAIT_NS = 500 * NS_PER_MS, /* and lost ones, at the latest, within this */
    NAMES_WAIT_MAX_NS = NS_PER_S,
};

static const struct interp *interp_at(const struct process *p, size_t i)
{
    return vec_at(&p->interps, i);
}

static void emit_thread(struct process *p, const struct thread *t, const char *name,
                        size_t len_bytes, uint64_t now_ns)
{
    struct event event = {.kind = EVENT_THREAD,
                          .thread = {.id = t->id,
                                     .process = p->id,
                                     .t_ns = now_ns,
                                     .tid = (uint32_t)t->tid,
                                     .name = process_string(p, name, len_bytes),
                                     .interpreter = t->interp_id,
                                     .ident = t->ident}};
    process_emit(p, &event);
}

static bool is_known(struct process *p, const struct threads_entry *entry)
{
    for (size_t i = 0; i < p->threads.len; i++) {
        struct thread *t = process_thread(p, i);
        if (t->tstate == entry->tstate && t->unique == entry->unique) {
            t->seen = true;
            t->gone |= t->ident != entry->ident; /* was taken for its parent: to be found anew */
            p->unborn |= t->gone;
            return true;
        }
    }
    return false;
}

/* Until 3.11 a new thread state bears its parent's ids until the thread itself runs (t_bootstrap). */
static bool is_parents(struct process *p, const struct threads_entry *entry, pid_t tid)
{
    for (size_t i = 0; i < p->threads.len; i++) {
        const struct thread *t = process_thread(p, i);
        if (t->tid == tid && t->interp == entry->interp && !t->gone)
            return true;
    }
    return false;
}

/* The thread, or NULL: not started yet, or ended already. After a fork that Python was not told of (uWSGI's)
 * the state still holds the parent's id, and only the C library knows the right one. */
static struct thread *open_thread(struct process *p, const struct threads_entry *entry)
{
    int32_t tids[] = {entry->tid,
                      entry->tid ? threads_pthread_tid(p->mem, &p->runtime, entry->ident) : 0};
    for (int i = 0; i < 2; i++) {
        pid_t tid = tids[i] && p->namespaced ? task_ids_outer(p->pid, tids[i]) : tids[i];
        struct thread *t = tid && !is_parents(p, entry, tid) ? thread_new(p, entry, tid) : NULL;
        if (t)
            return t;
    }
    return NULL;
}

/* Interpreters come one after the other, each with its youngest thread first: the head of its list. */
static void note_interp(struct process *p, const struct threads_entry *entry)
{
    size_t n = p->interps.len;
    if (n && interp_at(p, n - 1)->address == entry->interp)
        return;
    *(struct interp *)vec_push(&p->interps) =
        (struct interp){.address = entry->interp, .threads_head = entry->tstate};
}

struct scan {
    struct process *process;
    uint64_t now_ns;
};

static bool note_thread(void *context, const struct threads_entry *entry)
{
    const struct scan *scan = context;
    struct process *p = scan->process;
    note_interp(p, entry);
    if (is_known(p, entry))
        return true;
    struct thread *t = open_thread(p, entry);
    if (!t) {
        p->unborn = true;
        return true;
    }
    t->seen = true;
    t->id = sampler_next_thread(p->sampler);
    *(struct thread **)vec_push(&p->threads) = t;
    const char *name = t->tid == p->pid ? "MainThread" : "";
    t->named = *name;
    emit_thread(p, t, name, strlen(name), scan->now_ns);
    p->names_wait_ns = NAMES_WAIT_MIN_NS;
    if (!t->named && p->next_names_ns > scan->now_ns + NAMES_WAIT_MIN_NS)
        p->next_names_ns = scan->now_ns + NAMES_WAIT_MIN_NS;
    return true;
}

enum rd roster_scan(struct process *p, uint64_t now_ns)
{
    struct scan scan = {p, now_ns};
    const struct runtime *runtime = &p->runtime;
    enum rd rd =
        mem_read_u64(p->mem, runtime->address + runtime->layout.runtime_interpreters, &p->head);
    if (rd != RD_OK)
        return rd;
    p->unborn = false;
    vec_clear(&p->interps);
    for (size_t i = 0; i < p->threads.len; i++)
        process_thread(p, i)->seen = false;
    rd = threads_read(p->mem, runtime, note_thread, &scan);
    for (size_t i = 0; i < p->threads.len && rd == RD_OK; i++)
        process_thread(p, i)->gone |= !process_thread(p, i)->seen;
    p->next_scan_ns = now_ns + (rd == RD_OK && !p->unborn ? SCAN_WAIT_NS : HEADS_WAIT_NS);
    return rd;
}

bool roster_heads_due(const struct process *p, uint64_t now_ns,
                      uint64_t ret_addresses[ROSTER_HEADS])
{
    const struct layout *l = &p->runtime.layout;
    uint64_t period_ns = sampler_options(p->sampler)->period_ns;
    if (p->interps.len != 1 || period_ns > HEADS_WAIT_NS / 2 ||
        now_ns + 2 * period_ns < p->next_heads_ns) /* the next look comes before */
        return false;
    ret_addresses[0] = p->runtime.address + l->runtime_interpreters;
    ret_addresses[1] = interp_at(p, 0)->address + l->interp_threads;
    return true;
}

void roster_heads_seen(struct process *p, const uint64_t heads[ROSTER_HEADS], uint64_t now_ns)
{
    bool moved = heads[0] != p->head || heads[1] != interp_at(p, 0)->threads_head;
    p->next_heads_ns = moved ? 0 : now_ns + HEADS_WAIT_NS;
}

/* New threads and interpreters are put at the heads of their lists: have these moved? */
static enum rd check_heads(struct process *p, uint64_t now_ns, bool *ret_moved)
{
    const struct layout *l = &p->runtime.layout;
    struct mem_range ranges[THREADS_INTERPRETERS_MAX + 1];
    uint64_t heads[THREADS_INTERPRETERS_MAX + 1];
    size_t n = p->interps.len;
    ranges[n] = (struct mem_range){p->runtime.address + l->runtime_interpreters, 8, &heads[n]};
    for (size_t i = 0; i < n; i++)
        ranges[i] = (struct mem_range){interp_at(p, i)->address + l->interp_threads, 8, &heads[i]};
    enum rd rd = mem_read_many(p->mem, ranges, n + 1);
    *ret_moved = rd != RD_OK || heads[n] != p->head;
    for (size_t i = 0; i < n && !*ret_moved; i++)
        *ret_moved = heads[i] != interp_at(p, i)->threads_head;
    p->next_heads_ns = now_ns + HEADS_WAIT_NS;
    return rd;
}

static void end_thread(struct process *p, struct thread *t, uint64_t now_ns)
{
    struct event end = {.kind = EVENT_THREAD_END, .thread_end = {t->id, now_ns}};
    process_emit(p, &end);
    freeze_release(&t->freeze); /* may be the one who is told how it ended */
    if (t->tid == p->pid && t->freeze.wait_status >= 0)
        p->wait_status = t->freeze.wait_status;
    thread_free(t);
}

void roster_drop_gone(struct process *p, uint64_t now_ns)
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

void roster_drop_all(struct process *p, uint64_t now_ns)
{
    for (size_t i = 0; i < p->threads.len; i++)
        end_thread(p, process_thread(p, i), now_ns);
    vec_clear(&p->threads);
}

static void note_name(void *context, uint64_t ident, const char *name, size_t len_bytes)
{
    struct process *p = context;
    for (size_t i = 0; i < p->threads.len; i++) {
        struct thread *t = process_thread(p, i);
        if (t->ident != ident || t->named)
            continue;
        str_clear(&t->name);
        str_add_bytes(&t->name, name, len_bytes);
    }
}

/* The ident of a thread that has ended is soon another one's: a name counts only if the thread is there still
 * after it was read. */
void roster_name(struct process *p, uint64_t now_ns)
{
    bool unnamed = false;
    for (size_t i = 0; i < p->threads.len; i++)
        unnamed |= !process_thread(p, i)->named;
    if (!unnamed || now_ns < p->next_names_ns)
        return;
    for (size_t i = 0; i < p->interps.len; i++)
        names_read(p->mem, &p->runtime.layout, interp_at(p, i)->address, note_name, p);
    if (roster_scan(p, now_ns) == RD_OK)
        for (size_t i = 0; i < p->threads.len; i++) {
            struct thread *t = process_thread(p, i);
            if (t->named || !t->name.len || t->gone)
                continue;
            t->named = true;
            emit_thread(p, t, t->name.data, t->name.len, now_ns);
        }
    for (size_t i = 0; i < p->threads.len; i++)
        str_clear(&process_thread(p, i)->name);
    p->next_names_ns = now_ns + p->names_wait_ns;
    if (p->names_wait_ns < NAMES_WAIT_MAX_NS)
        p->names_wait_ns *= 2;
}

enum rd roster_refresh(struct process *p, uint64_t now_ns)
{
    enum rd rd = RD_OK;
    bool moved = false;
    if (now_ns >= p->next_heads_ns)
        rd = check_heads(p, now_ns, &moved);
    if (rd == RD_OK && moved && exec_mark(p->pid) != p->exec_mark)
        return RD_TORN; /* another program, with its Python at the same place */
    if (rd == RD_OK && (moved || now_ns >= p->next_scan_ns)) {
        for (int attempt = 0; attempt < 3; attempt++) {
            rd = roster_scan(p, now_ns);
            if (rd != RD_TORN)
                break;
        }
        if (rd == RD_TORN && p->head)
            rd = RD_OK; /* the list was changing: next time */
        roster_drop_gone(p, now_ns);
    }
    if (rd == RD_OK && !p->head)
        rd = RD_TORN;
    return rd;
}
