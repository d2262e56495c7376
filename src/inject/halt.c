/* Knows how a whole process is stopped; not what for. */
#include "inject/halt.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "subject/diagnose.h"
#include "subject/freeze.h"

enum { PASSES_MAX = 64 };

static struct freeze *thread_at(const struct halt *h, size_t i)
{
    return vec_at(&h->threads, i);
}

static bool is_known(const struct halt *h, pid_t tid)
{
    for (size_t i = 0; i < h->threads.len; i++)
        if (thread_at(h, i)->tid == tid)
            return true;
    return false;
}

static enum rd stop(struct halt *h, pid_t tid)
{
    struct freeze *f = vec_push(&h->threads);
    freeze_init(f, tid);
    enum rd rd = freeze_stop(f);
    return rd == RD_GONE ? RD_OK : rd; /* this thread only; the process is looked at elsewhere */
}

/* Stops the threads that are not stopped yet; how many there were. */
static enum rd stop_others(struct halt *h, size_t *ret_count)
{
    char path[64];
    enum rd rd = RD_OK;
    *ret_count = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)h->pid);
    DIR *dir = opendir(path);
    if (!dir)
        return RD_GONE;
    for (struct dirent *entry; rd == RD_OK && (entry = readdir(dir));) {
        pid_t tid = atoi(entry->d_name);
        if (tid <= 0 || is_known(h, tid))
            continue;
        ++*ret_count;
        rd = stop(h, tid);
    }
    closedir(dir);
    return rd;
}

int halt_begin(struct halt *h, pid_t pid, struct err *err)
{
    size_t count = 1;
    enum rd rd = RD_OK;
    *h = (struct halt){.pid = pid};
    vec_init(&h->threads, sizeof(struct freeze));
    for (int i = 0; i < PASSES_MAX && count && rd == RD_OK; i++)
        rd = stop_others(h, &count);
    if (rd == RD_OK && !count)
        return 0;
    halt_end(h);
    if (diagnose_freezing(pid, err) == 0)
        err_set(err, STATUS_FAIL, "the threads of process %d cannot be stopped", (int)pid);
    return -1;
}

void halt_end(struct halt *h)
{
    for (size_t i = 0; i < h->threads.len; i++)
        freeze_release(thread_at(h, i));
    vec_release(&h->threads);
}

bool halt_holds(const struct halt *h, pid_t tid)
{
    for (size_t i = 0; i < h->threads.len; i++) {
        const struct freeze *f = thread_at(h, i);
        if (f->tid == tid)
            return f->state == FREEZE_STOPPED && !f->group_stop;
    }
    return false;
}
