/* `--tasks`: a row per asynchronous task, the busiest first: how long it ran, in how many steps, and
 * how long it waited between them. */
#include "report/call_tasks.h"

#include <stdlib.h>

#include "analysis/durations.h"
#include "base/map.h"
#include "report/sheet.h"

static const struct column columns[] = {
    {.key = "pid", .title = "PID", .kind = COLUMN_COUNT, .minor = true},
    {.key = "task", .title = "Task", .kind = COLUMN_COUNT},
    {.key = "running_s", .title = "Running", .kind = COLUMN_DURATION},
    {.key = "waiting_s", .title = "Waiting", .kind = COLUMN_DURATION},
    {.key = "steps", .title = "Steps", .kind = COLUMN_COUNT},
    {.key = "mean_s", .title = "Mean", .kind = COLUMN_DURATION},
    {.key = "p50_s", .title = "p50", .kind = COLUMN_DURATION, .minor = true},
    {.key = "p99_s", .title = "p99", .kind = COLUMN_DURATION, .minor = true},
    {.key = "max_s", .title = "Max", .kind = COLUMN_DURATION, .minor = true},
    {.key = "first_s", .title = "First", .kind = COLUMN_DURATION, .minor = true},
    {.key = "last_s", .title = "Last", .kind = COLUMN_DURATION, .minor = true},
    {.key = "name", .title = "Name"},
    {0},
};

struct task {
    struct process_id process;
    uint64_t number;
    struct string_id name;
    struct durations steps;
    uint64_t first_ns, last_ns;
};

struct tasks {
    const struct calls *calls;
    struct map numbers; /* process, task → index in `list` */
    struct vec list;    /* of struct task */
    uint32_t running;   /* 1 + index of who runs in `thread` since since_ns; 0 = nobody */
    struct thread_id thread;
    uint64_t since_ns, last_ns; /* last_ns: of the last call that ended in `thread` */
};

static void stop(struct tasks *t, uint64_t t_ns)
{
    if (t->running != 0) {
        struct task *task = vec_at(&t->list, t->running - 1);
        uint64_t ns = t_ns > t->since_ns ? t_ns - t->since_ns : 0;
        durations_add(&task->steps, ns);
        if (t->since_ns + ns > task->last_ns)
            task->last_ns = t->since_ns + ns;
    }
    t->running = 0;
}

static uint32_t task_index(struct tasks *t, struct process_id process, const struct task_event *e)
{
    uint64_t key = (uint64_t)process.i << 32 | (uint32_t)e->task;
    uint32_t index = (uint32_t)t->list.len;

    if (!map_find(&t->numbers, key, &index)) {
        map_put(&t->numbers, key, index);
        *(struct task *)vec_push(&t->list) =
            (struct task){.process = process, .number = e->task, .first_ns = e->t_ns};
    }
    return index;
}

/* A thread's last task runs until the last of its calls has ended. */
static void follow_thread(struct tasks *t, struct thread_id thread)
{
    if (t->thread.i == thread.i)
        return;
    stop(t, t->last_ns);
    t->thread = thread;
    t->last_ns = 0;
}

static void on_leave(void *context, const struct span *span)
{
    struct tasks *t = context;

    follow_thread(t, span->thread);
    t->last_ns = span->end_ns;
}

static void on_event(void *context, struct thread_id thread, const struct event *event)
{
    struct tasks *t = context;
    const struct vec *threads = &t->calls->profile->threads;

    if (event->kind != EVENT_TASK)
        return;
    follow_thread(t, thread);
    struct process_id process = ((const struct profile_thread *)vec_at(threads, thread.i))->process;
    uint32_t index = event->task.task ? task_index(t, process, &event->task) : 0;
    if (event->task.task && t->running == index + 1)
        return; /* said again where a segment begins */
    stop(t, event->task.t_ns);
    if (event->task.task == 0)
        return;
    struct task *task = vec_at(&t->list, index);
    if (event->task.name.i != 0)
        task->name = event->task.name;
    if (event->task.t_ns < task->first_ns)
        task->first_ns = event->task.t_ns;
    t->running = index + 1;
    t->since_ns = t->last_ns = event->task.t_ns;
}

static int busiest_first(const void *left, const void *right)
{
    const struct task *a = left, *b = right;

    if (a->steps.sum_ns != b->steps.sum_ns)
        return a->steps.sum_ns > b->steps.sum_ns ? -1 : 1;
    if (a->process.i != b->process.i)
        return a->process.i < b->process.i ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static void add_row(struct table *t, struct calls *c, const struct task *task)
{
    const struct profile *p = c->profile;
    const struct profile_process *process = vec_at(&p->processes, task->process.i);
    uint64_t life_ns = task->last_ns > task->first_ns ? task->last_ns - task->first_ns : 0;
    uint64_t running_ns = task->steps.sum_ns;

    table_count(t, process->pid);
    table_count(t, task->number);
    table_time(t, running_ns);
    table_time(t, life_ns > running_ns ? life_ns - running_ns : 0);
    table_count(t, task->steps.count);
    table_time(t, (uint64_t)(task->steps.mean_ns + 0.5));
    table_time(t, durations_quantile_ns(&task->steps, 0.5));
    table_time(t, durations_quantile_ns(&task->steps, 0.99));
    table_time(t, task->steps.max_ns);
    table_time(t, calls_since_start_ns(c, task->first_ns));
    table_time(t, calls_since_start_ns(c, task->last_ns));
    table_text(t, names_clean(&c->selection.names, profile_string(p, task->name)));
}

static void write_tasks(struct calls *c, struct vec *list, const struct report_options *options,
                        struct out *o)
{
    struct table table;

    if (list->len > 0)
        qsort(list->data, list->len, sizeof(struct task), busiest_first);
    table_init(&table, columns);
    size_t rows = sheet_rows(options, list->len);
    for (size_t i = 0; i < rows; i++)
        add_row(&table, c, vec_at(list, i));
    sheet_write_calls("tasks", c, &table, list->len - rows, options, o);
    table_release(&table);
}

int call_tasks_write(struct calls *c, const struct report_options *options, struct out *o,
                     struct err *err)
{
    static const struct spans_visitor visitor = {.leave = on_leave, .event = on_event};
    struct tasks tasks = {.calls = c};

    map_init(&tasks.numbers);
    vec_init(&tasks.list, sizeof(struct task));
    int result = calls_follow(c, &visitor, &tasks, err);
    stop(&tasks, tasks.last_ns);
    if (result == 0)
        write_tasks(c, &tasks.list, options, o);
    for (size_t i = 0; i < tasks.list.len; i++)
        durations_release(&((struct task *)vec_at(&tasks.list, i))->steps);
    vec_release(&tasks.list);
    map_release(&tasks.numbers);
    return result;
}
