/* `--threads` of calls: a row per thread, the busiest first. A thread is busy while any of its
 * functions is open. */
#include "report/call_threads.h"

#include <stdlib.h>

#include "report/sheet.h"

static const struct column columns[] = {
    {.key = "pid", .title = "PID", .kind = COLUMN_COUNT, .minor = true},
    {.key = "tid", .title = "TID", .kind = COLUMN_COUNT},
    {.key = "busy_percent", .title = "Busy", .kind = COLUMN_SHARE},
    {.key = "busy_s", .title = "Busy time", .kind = COLUMN_DURATION},
    {.key = "calls", .title = "Calls", .kind = COLUMN_COUNT},
    {.key = "max_depth", .title = "Deepest", .kind = COLUMN_COUNT, .minor = true},
    {.key = "first_s", .title = "First", .kind = COLUMN_DURATION, .minor = true},
    {.key = "last_s", .title = "Last", .kind = COLUMN_DURATION, .minor = true},
    {.key = "name", .title = "Thread"},
    {0},
};

struct thread_calls {
    struct thread_id thread;
    uint64_t calls, busy_ns, first_ns, last_ns;
    uint32_t max_depth;
};

static void on_leave(void *context, const struct span *span)
{
    struct vec *threads = context;

    if (span->brief)
        return;
    if (span->thread.i >= threads->len)
        vec_resize(threads, (size_t)span->thread.i + 1);
    struct thread_calls *thread = vec_at(threads, span->thread.i);
    thread->thread = span->thread;
    if (thread->calls++ == 0 || span->start_ns < thread->first_ns)
        thread->first_ns = span->start_ns;
    if (span->end_ns > thread->last_ns)
        thread->last_ns = span->end_ns;
    if (span->depth + 1 > thread->max_depth)
        thread->max_depth = span->depth + 1;
    thread->busy_ns += span->self_ns;
}

static int busiest_first(const void *left, const void *right)
{
    const struct thread_calls *a = left, *b = right;

    if (a->busy_ns != b->busy_ns)
        return a->busy_ns > b->busy_ns ? -1 : 1;
    if (a->calls != b->calls)
        return a->calls > b->calls ? -1 : 1;
    return a->thread.i < b->thread.i ? -1 : a->thread.i > b->thread.i;
}

static void add_row(struct table *t, struct calls *c, const struct thread_calls *calls)
{
    const struct profile *p = c->profile;
    const struct profile_thread *thread = vec_at(&p->threads, calls->thread.i);
    const struct profile_process *process = vec_at(&p->processes, thread->process.i);

    table_count(t, process->pid);
    table_count(t, thread->tid);
    table_share(t, calls->busy_ns, p->end_ns - p->start_ns);
    table_time(t, calls->busy_ns);
    table_count(t, calls->calls);
    table_count(t, calls->max_depth);
    table_time(t, calls_since_start_ns(c, calls->first_ns));
    table_time(t, calls_since_start_ns(c, calls->last_ns));
    table_text(t, names_clean(&c->selection.names, profile_string(p, thread->name)));
}

static void write_threads(struct calls *c, struct vec *threads,
                          const struct report_options *options, struct out *o)
{
    struct table table;

    if (threads->len > 0)
        qsort(threads->data, threads->len, sizeof(struct thread_calls), busiest_first);
    while (threads->len > 0 &&
           ((struct thread_calls *)vec_at(threads, threads->len - 1))->calls == 0)
        vec_resize(threads, threads->len - 1);
    table_init(&table, columns);
    size_t rows = sheet_rows(options, threads->len);
    for (size_t i = 0; i < rows; i++)
        add_row(&table, c, vec_at(threads, i));
    sheet_write_calls("threads", c, &table, threads->len - rows, options, o);
    table_release(&table);
}

int call_threads_write(struct calls *c, const struct report_options *options, struct out *o,
                       struct err *err)
{
    static const struct spans_visitor visitor = {.leave = on_leave};
    struct vec threads;

    vec_init(&threads, sizeof(struct thread_calls));
    int result = calls_follow(c, &visitor, &threads, err);
    if (result == 0)
        write_threads(c, &threads, options, o);
    vec_release(&threads);
    return result;
}
