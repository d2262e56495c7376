/* Asks the kernel what the watched processes use, and the sampler how it gets on. */
#include "cli/top_facts.h"

#include <stdio.h>
#include <string.h>

#include "analysis/label.h"
#include "cli/info.h"
#include "subject/usage.h"

struct top_process {
    uint32_t pid;
    uint64_t cpu_ns;
    bool seen;
};

static void set_command(struct facts *f, const char *command)
{
    struct str text = STR_EMPTY;
    label_clean(&text, command);
    snprintf(f->command, sizeof(f->command), "%s", text.data ? text.data : "");
    str_release(&text);
}

void top_facts_init(struct top_facts *t, const char *command, double asked_hz, uint64_t start_ns)
{
    *t = (struct top_facts){.start_ns = start_ns, .last_ns = start_ns};
    t->named = command != NULL;
    set_command(&t->facts, command ? command : "");
    t->facts.asked_hz = asked_hz;
    vec_init(&t->processes, sizeof(struct top_process));
}

void top_facts_release(struct top_facts *t)
{
    vec_release(&t->processes);
}

/* CPU time since the last look; nothing at the first one. */
static uint64_t used_ns(struct top_facts *t, uint32_t pid, uint64_t cpu_ns)
{
    struct top_process *p = NULL;
    for (size_t i = 0; i < t->processes.len && !p; i++)
        if (((struct top_process *)vec_at(&t->processes, i))->pid == pid)
            p = vec_at(&t->processes, i);
    if (!p) {
        p = vec_push(&t->processes);
        *p = (struct top_process){.pid = pid, .cpu_ns = cpu_ns};
    }
    uint64_t used = cpu_ns > p->cpu_ns ? cpu_ns - p->cpu_ns : 0;
    p->cpu_ns = cpu_ns;
    p->seen = true;
    return used;
}

static void forget_unseen(struct top_facts *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->processes.len; i++) {
        struct top_process *p = vec_at(&t->processes, i);
        if (!p->seen)
            continue;
        p->seen = false;
        *(struct top_process *)vec_at(&t->processes, kept++) = *p;
    }
    t->processes.len = kept;
}

static void remember(struct facts *f)
{
    if (f->trend_len == FACTS_TREND_MAX) {
        f->trend_len--;
        memmove(f->cpu_trend, f->cpu_trend + 1, f->trend_len * sizeof(*f->cpu_trend));
        memmove(f->gil_trend, f->gil_trend + 1, f->trend_len * sizeof(*f->gil_trend));
    }
    f->cpu_trend[f->trend_len] = (float)f->cpu_percent;
    f->gil_trend[f->trend_len++] = (float)f->gil_percent;
}

static void measure(struct top_facts *t, const struct live *l, uint64_t now_ns)
{
    struct facts *f = &t->facts;
    uint64_t cpu_ns = 0;
    f->resident_bytes = 0;
    for (size_t i = 0; i < l->processes.len; i++) {
        const struct live_process *p = vec_at(&l->processes, i);
        struct usage usage;
        if (p->ended || usage_read(&usage, (pid_t)p->pid))
            continue;
        cpu_ns += used_ns(t, p->pid, usage.cpu_ns);
        f->resident_bytes += usage.resident_bytes;
    }
    forget_unseen(t);
    f->cpu_percent = 100.0 * (double)cpu_ns / (double)(now_ns - t->last_ns);
    f->gil_percent = live_gil_percent(l, LIVE_NOW);
    if (l->processes.len)
        remember(f);
}

void top_facts_update(struct top_facts *t, const struct live *l, struct sampler_stats stats,
                      uint64_t now_ns)
{
    struct facts *f = &t->facts;
    if (now_ns <= t->last_ns)
        return;
    if (l->processes.len) {
        const struct live_process *first = vec_at(&l->processes, 0);
        f->pid = first->pid;
        f->free_threaded = first->flags & 1;
        info_python(first->python, f->python, sizeof(f->python));
        if (!t->named)
            set_command(f, first->command);
    }
    f->elapsed_ns = now_ns - t->start_ns;
    f->window_ns = now_ns - t->last_ns;
    f->achieved_hz = (double)(stats.ticks - t->last_ticks) * 1e9 / (double)f->window_ns;
    f->samples = stats.samples;
    f->rejected = stats.rejected;
    f->truncated = stats.truncated;
    f->threads = stats.threads;
    f->processes = stats.processes;
    measure(t, l, now_ns);
    t->last_ns = now_ns;
    t->last_ticks = stats.ticks;
}
