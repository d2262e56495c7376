/* `--threads`: a row per thread: how long it was there, and what it did with that time. Every
 * sample counts here, also those that the query leaves out as idle. */
#include "report/threads.h"

#include <stdlib.h>

#include "base/clock.h"
#include "report/sheet.h"

static const struct column columns[] = {
    {.key = "pid", .title = "PID", .kind = COLUMN_COUNT, .minor = true},
    {.key = "tid", .title = "TID", .kind = COLUMN_COUNT},
    {.key = "seen_s", .title = "Seen", .kind = COLUMN_TIME},
    {.key = "samples", .title = "Samples", .kind = COLUMN_COUNT, .minor = true},
    {.key = "cpu_percent", .title = "On CPU", .kind = COLUMN_SHARE},
    {.key = "idle_percent", .title = "Idle", .kind = COLUMN_SHARE, .dim = true},
    {.key = "gil_percent", .title = "GIL", .kind = COLUMN_SHARE},
    {.key = "gil_wait_percent", .title = "GIL wait", .kind = COLUMN_SHARE},
    {.key = "gc_percent", .title = "GC", .kind = COLUMN_SHARE, .minor = true},
    {.key = "cpu_s", .title = "", .kind = COLUMN_TIME, .use = COLUMN_DATA},
    {.key = "idle_s", .title = "", .kind = COLUMN_TIME, .use = COLUMN_DATA},
    {.key = "gil_s", .title = "", .kind = COLUMN_TIME, .use = COLUMN_DATA},
    {.key = "gil_wait_s", .title = "", .kind = COLUMN_TIME, .use = COLUMN_DATA},
    {.key = "gc_s", .title = "", .kind = COLUMN_TIME, .use = COLUMN_DATA},
    {.key = "name", .title = "Thread"},
    {0},
};

struct thread_times {
    const struct view_thread *thread;
    uint64_t seen_ns, cpu_ns, gil_ns, gil_wait_ns, gc_ns;
};

static void sum_up(struct thread_times *times, const struct view *v)
{
    for (uint32_t i = 0; i < times->thread->samples; i++) {
        const struct view_sample *sample = vec_at(&v->samples, times->thread->first_sample + i);
        uint64_t ns = sample->weight_ns;
        times->seen_ns += ns;
        times->cpu_ns += sample->state & SAMPLE_ON_CPU ? ns : 0;
        times->gil_ns += sample->state & SAMPLE_GIL_HELD ? ns : 0;
        times->gil_wait_ns += sample->state & SAMPLE_GIL_WAIT ? ns : 0;
        times->gc_ns += sample->state & SAMPLE_GC ? ns : 0;
    }
}

static int busiest_first(const void *a, const void *b)
{
    const struct thread_times *x = a, *y = b;

    if (x->cpu_ns != y->cpu_ns)
        return x->cpu_ns > y->cpu_ns ? -1 : 1;
    if (x->seen_ns != y->seen_ns)
        return x->seen_ns > y->seen_ns ? -1 : 1;
    return x->thread < y->thread ? -1 : x->thread > y->thread;
}

static void add_row(struct table *t, const struct thread_times *times)
{
    uint64_t seen_ns = times->seen_ns, idle_ns = seen_ns - times->cpu_ns;

    table_count(t, times->thread->pid);
    table_count(t, times->thread->tid);
    table_time(t, seen_ns);
    table_count(t, times->thread->samples);
    table_share(t, times->cpu_ns, seen_ns);
    table_share(t, idle_ns, seen_ns);
    table_share(t, times->gil_ns, seen_ns);
    table_share(t, times->gil_wait_ns, seen_ns);
    table_share(t, times->gc_ns, seen_ns);
    table_time(t, times->cpu_ns);
    table_time(t, idle_ns);
    table_time(t, times->gil_ns);
    table_time(t, times->gil_wait_ns);
    table_time(t, times->gc_ns);
    table_text(t, times->thread->name);
}

int threads_write(const struct view *v, const struct report_options *options, struct out *o,
                  struct err *err)
{
    struct query query = v->query;
    struct view all;
    struct vec rows;
    struct table table;

    query.mode = QUERY_WALL;
    query.idle = true;
    if (view_init(&all, v->profile, &query, err) != 0)
        return -1;
    vec_init(&rows, sizeof(struct thread_times));
    for (size_t i = 0; i < all.threads.len; i++) {
        struct thread_times times = {.thread = vec_at(&all.threads, i)};
        sum_up(&times, &all);
        if (times.thread->samples > 0)
            *(struct thread_times *)vec_push(&rows) = times;
    }
    if (rows.len > 0)
        qsort(rows.data, rows.len, sizeof(struct thread_times), busiest_first);
    table_init(&table, columns);
    size_t shown = sheet_rows(options, rows.len);
    for (size_t i = 0; i < shown; i++)
        add_row(&table, vec_at(&rows, i));
    sheet_write("threads", &all, &table, rows.len - shown, options, o);
    table_release(&table);
    vec_release(&rows);
    view_release(&all);
    return 0;
}
