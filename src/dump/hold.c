/* Knows how to tell that a thread has not moved, and when to stop it instead; not what is read
 * meanwhile. */
#include "dump/hold.h"

#include "base/clock.h"
#include "subject/proc_status.h"

void hold_init(struct hold *h, pid_t pid)
{
    *h = (struct hold){.pid = pid};
    vec_init(&h->threads, sizeof(struct hold_thread));
}

static struct hold_thread *thread_at(const struct hold *h, size_t i)
{
    return (struct hold_thread *)h->threads.data + i;
}

void hold_release(struct hold *h)
{
    for (size_t i = 0; i < h->threads.len; i++) {
        freeze_release(&thread_at(h, i)->freeze);
        thread_stat_close(&thread_at(h, i)->stat);
    }
    vec_release(&h->threads);
}

const struct hold_thread *hold_find(const struct hold *h, pid_t tid)
{
    for (size_t i = 0; i < h->threads.len; i++)
        if (thread_at(h, i)->tid == tid)
            return thread_at(h, i);
    return NULL;
}

void hold_thread(struct hold *h, pid_t tid)
{
    if (hold_find(h, tid))
        return;
    struct hold_thread *t = vec_push(&h->threads);
    *t = (struct hold_thread){.tid = tid, .syscall = -1};
    freeze_init(&t->freeze, tid);
    thread_stat_open(&t->stat, h->pid, tid);
}

static bool stop(struct hold *h, struct hold_thread *t)
{
    enum rd rd = freeze_stop(&t->freeze);
    h->denied |= rd == RD_DENIED;
    h->stopped += rd == RD_OK;
    return rd == RD_OK || rd == RD_GONE;
}

/* A signal stops all threads, a debugger mostly. */
static bool is_suspended(pid_t tid)
{
    struct proc_status status;
    return proc_status_read(&status, tid) == 0 && (status.state == 'T' || status.state == 't');
}

void hold_begin(struct hold *h, enum hold_which which)
{
    const bool suspended = is_suspended(h->pid);
    h->stopped = 0;
    h->stopped_ns = 0;
    for (size_t i = 0; i < h->threads.len; i++) {
        struct hold_thread *t = thread_at(h, i);
        bool ran;
        /* First the count, then the place: what runs in between shows in the next count. */
        t->known = thread_stat_ran(&t->stat, &ran) == RD_OK && thread_stat_look(&t->stat) == RD_OK;
        t->suspended = suspended && is_suspended(t->tid);
        t->on_cpu = t->stat.running && !t->suspended;
        t->syscall = t->stat.syscall;
        t->argument = t->stat.argument;
        t->still = !t->on_cpu && t->known;
    }
    h->begun_ns = clock_ns();
    for (size_t i = 0; i < h->threads.len && which != HOLD_NONE; i++) {
        struct hold_thread *t = thread_at(h, i);
        if (which == HOLD_ALL || !t->still || t->restless)
            t->still = stop(h, t);
    }
}

/* A stopped thread tells by being stopped; another by not having run. */
static bool stood_still(struct hold_thread *t)
{
    bool ran;
    if (t->freeze.state == FREEZE_STOPPED || !t->still)
        return t->still;
    enum rd rd = thread_stat_ran(&t->stat, &ran);
    if (rd == RD_OK && ran)
        t->restless = true;
    return rd == RD_GONE || (rd == RD_OK && !ran);
}

bool hold_end(struct hold *h)
{
    bool all = true;
    for (size_t i = 0; i < h->threads.len; i++) {
        struct hold_thread *t = thread_at(h, i);
        t->still = stood_still(t);
        all &= t->still;
    }
    for (size_t i = 0; i < h->threads.len; i++)
        freeze_thaw(&thread_at(h, i)->freeze, false);
    if (h->stopped)
        h->stopped_ns = clock_ns() - h->begun_ns;
    return all;
}
