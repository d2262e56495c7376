/* Knows which processes are watched and goes round them; how one is looked at is process.c's. */
#include "sampler/sampler.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/vec.h"
#include "cpython/verdict.h"
#include "sampler/process.h"
#include "sampler/tally.h"
#include "subject/children.h"
#include "subject/probe.h"

enum { CHILDREN_MAX = 64 };

/* A wait status that was told to us instead of to the parent that asks for it. */
struct end {
    pid_t pid;
    int wait_status;
};

struct sampler {
    struct sampler_options options;
    struct sink *sink;
    struct dictionary *dictionary;
    struct runtime_finder *finder;
    struct vec processes; /* of struct process * */
    struct children *children;
    struct probe *probe;
    bool probe_tried;
    bool watching;   /* there is a process whose children we look for */
    struct vec ends; /* of struct end */
    struct sampler_stats stats;
    uint32_t threads_seen;
};

struct sampler *sampler_new(const struct sampler_options *options, struct sink *sink)
{
    struct sampler *s = alloc_zeroed(1, sizeof(*s));
    *s = (struct sampler){.options = *options, .sink = sink};
    s->dictionary = dictionary_new(sink);
    s->finder = runtime_finder_new();
    s->children = children_new();
    vec_init(&s->processes, sizeof(struct process *));
    vec_init(&s->ends, sizeof(struct end));
    return s;
}

static struct process *process_at(const struct sampler *s, size_t i)
{
    return *(struct process **)vec_at(&s->processes, i);
}

void sampler_free(struct sampler *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->processes.len; i++)
        process_free(process_at(s, i));
    vec_release(&s->processes);
    vec_release(&s->ends);
    children_free(s->children);
    probe_free(s->probe);
    runtime_finder_free(s->finder);
    dictionary_free(s->dictionary);
    free(s);
}

struct sampler_stats *sampler_tally(struct sampler *s)
{
    return &s->stats;
}

struct runtime_finder *sampler_finder(struct sampler *s)
{
    return s->finder;
}

struct probe *sampler_probe(struct sampler *s)
{
    if (!s->probe_tried)
        s->probe = probe_new();
    s->probe_tried = true;
    return s->probe;
}

struct dictionary *sampler_dictionary(struct sampler *s)
{
    return s->dictionary;
}

struct sink *sampler_sink(struct sampler *s)
{
    return s->sink;
}

const struct sampler_options *sampler_options(const struct sampler *s)
{
    return &s->options;
}

struct thread_id sampler_next_thread(struct sampler *s)
{
    return (struct thread_id){++s->threads_seen};
}

static struct process *add(struct sampler *s, pid_t pid, struct process *parent)
{
    struct process *p = process_new(s, pid, parent);
    *(struct process **)vec_push(&s->processes) = p;
    return p;
}

static struct process *find(const struct sampler *s, pid_t pid)
{
    for (size_t i = 0; i < s->processes.len; i++)
        if (process_at(s, i)->pid == pid)
            return process_at(s, i);
    return NULL;
}

static bool has_children(const struct sampler *s, const struct process *parent)
{
    for (size_t i = 0; i < s->processes.len; i++)
        if (process_at(s, i)->parent == parent)
            return true;
    return false;
}

int sampler_attach(struct sampler *s, pid_t pid, bool wait, struct err *err)
{
    if (find(s, pid))
        return 0;
    struct process *p = add(s, pid, NULL);
    p->awaited = wait;
    if (s->options.subprocesses || wait) {
        s->watching = true;
        children_watch(s->children, pid);
    }
    if (wait)
        return 0;
    int tries = 0;
    do {
        p->next_probe_ns = 0;
        if (process_probe(p, clock_ns()))
            return 0;
    } while (verdict_wait(pid, p->found, ++tries));
    sampler_watch(s);
    if (p->found == RUNTIME_NONE && has_children(s, p))
        return 0; /* a launcher: what it has started is looked at in its place */
    verdict_tell(p->pid, p->found, &p->runtime.layout, err);
    s->processes.len--;
    process_free(p);
    return -1;
}

static void remove_gone(struct sampler *s, uint64_t now_ns)
{
    size_t kept = 0;
    struct process **processes = s->processes.data;
    for (size_t i = 0; i < s->processes.len; i++) {
        struct process *p = processes[i];
        if (p->state != PROCESS_GONE) {
            processes[kept++] = p;
            continue;
        }
        process_end(p, now_ns, -1);
        if (p->wait_status >= 0)
            *(struct end *)vec_push(&s->ends) = (struct end){p->pid, p->wait_status};
        children_ended(s->children, p->pid);
        for (size_t j = 0; j < s->processes.len; j++)
            if (processes[j] && processes[j]->parent == p)
                processes[j]->parent = p->parent;
        process_free(p);
        processes[i] = NULL;
    }
    s->processes.len = kept;
}

void sampler_tick(struct sampler *s)
{
    bool gone = false;
    uint32_t threads = 0, live = 0;
    for (size_t i = 0; i < s->processes.len; i++) {
        struct process *p = process_at(s, i);
        uint64_t now_ns = clock_ns(); /* not earlier than that of any probe before */
        if (process_probe(p, now_ns))
            process_tick(p, now_ns);
        gone |= p->state == PROCESS_GONE;
        live += p->state == PROCESS_LIVE;
        threads += (uint32_t)p->threads.len;
    }
    s->stats.ticks++;
    s->stats.processes = live;
    s->stats.threads = threads;
    if (gone)
        remove_gone(s, clock_ns());
    dictionary_trim(s->dictionary);
}

bool sampler_holds(const struct sampler *s)
{
    for (size_t i = 0; i < s->processes.len; i++)
        if (process_at(s, i)->holds)
            return true;
    return false;
}

/* Children of Python processes are followed when asked for; those of anything else always, since a shell or a
 * launcher is not what the user wants to see. */
static bool is_wanted(const struct sampler *s, const struct process *parent)
{
    for (const struct process *p = parent; p; p = p->parent)
        if (p->id.i)
            return s->options.subprocesses;
    return parent || s->options.subprocesses;
}

void sampler_watch(struct sampler *s)
{
    struct child found[CHILDREN_MAX];
    size_t n = s->watching ? children_look(s->children, found, CHILDREN_MAX) : 0;
    for (size_t i = 0; i < n; i++) {
        struct process *parent = find(s, found[i].parent);
        if (is_wanted(s, parent) && !find(s, found[i].pid))
            add(s, found[i].pid, parent);
    }
    for (size_t i = 0; i < s->processes.len; i++)
        process_probe(process_at(s, i), clock_ns());
}

void sampler_attend(struct sampler *s)
{
    for (size_t i = 0; i < s->processes.len; i++)
        process_attend(process_at(s, i));
}

void sampler_exited(struct sampler *s, pid_t pid, int64_t exit_status)
{
    struct process *p = find(s, pid);
    if (!p)
        return;
    process_end(p, clock_ns(), exit_status);
    p->id.i = 0; /* its end has been told */
    remove_gone(s, clock_ns());
}

bool sampler_idle(const struct sampler *s)
{
    return s->processes.len == 0;
}

int sampler_wait_status(const struct sampler *s, pid_t pid)
{
    for (size_t i = 0; i < s->ends.len; i++) {
        const struct end *end = vec_at(&s->ends, i);
        if (end->pid == pid)
            return end->wait_status;
    }
    const struct process *p = find(s, pid);
    return p ? process_wait_status(p) : -1;
}

struct sampler_stats sampler_stats(const struct sampler *s)
{
    return s->stats;
}
