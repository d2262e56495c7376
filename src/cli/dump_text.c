/* `heatline dump` for people: threads like tracebacks, the innermost call first. What came from the
 * target cannot drive the terminal. */
#include <string.h>

#include "analysis/label.h"
#include "cli/dump.h"
#include "cli/info.h"
#include "report/display.h"

enum { TEXT_COLUMNS_MAX = 1 << 20, REPEATS_SHOWN = 3 };

struct page {
    const struct dump_view *view;
    struct out *out;
    struct str line;
};

static void add(struct page *t, const char *text)
{
    display_add(&t->line, text, TEXT_COLUMNS_MAX, DISPLAY_CUT_END);
}

static void end_line(struct page *t)
{
    str_add(&t->line, "\n");
    out_bytes(t->out, t->line.data, t->line.len);
    str_clear(&t->line);
}

static void paint(struct page *t, const char *escape)
{
    if (t->view->color)
        str_add(&t->line, escape);
}

static void put_process(struct page *t)
{
    const struct dump *d = t->view->dump;
    char python[32];
    info_python(d->runtime.layout.version, python, sizeof(python));
    struct str command = STR_EMPTY;
    label_clean(&command, d->command.data ? d->command.data : "");
    str_printf(&t->line, "Process %d: ", d->pid);
    add(t, command.data ? command.data : "");
    end_line(t);
    str_release(&command);
    str_printf(&t->line, "Python %s%s (", python[0] ? python : "?",
               d->runtime.layout.free_threaded ? " free-threaded" : "");
    add(t, d->executable.data ? d->executable.data : "?");
    str_add(&t->line, ")");
    end_line(t);
    if (t->view->options->subprocesses && d->parent) {
        str_printf(&t->line, "Started by process %d", d->parent);
        end_line(t);
    }
}

static void put_locals(struct page *t, const struct dump_frame *frame, bool arguments)
{
    const struct dump *d = t->view->dump;
    bool any = false;
    for (size_t i = 0; i < frame->locals_len; i++) {
        const struct dump_local *local = vec_at(&d->locals, frame->locals + i);
        if (local->argument != arguments)
            continue;
        if (!any) {
            str_add(&t->line, arguments ? "        Arguments:" : "        Locals:");
            end_line(t);
        }
        any = true;
        str_add(&t->line, "            ");
        add(t, dump_string(d, local->name));
        str_add(&t->line, ": ");
        add(t, dump_string(d, local->value));
        end_line(t);
    }
}

static void put_frame(struct page *t, const struct dump_frame *frame)
{
    const struct dump *d = t->view->dump;
    uint32_t line = dump_view_line(t->view, frame);
    const char *source = dump_view_source(t->view, frame);
    str_add(&t->line, "    ");
    paint(t, "\033[1m");
    add(t, dump_frame_function(d, frame));
    paint(t, "\033[0m");
    str_add(&t->line, " (");
    add(t, dump_view_file(t->view, frame));
    if (line)
        str_printf(&t->line, ":%u", line);
    str_add(&t->line, ")");
    end_line(t);
    if (source) {
        paint(t, "\033[2m");
        str_add(&t->line, "        ");
        add(t, source);
        paint(t, "\033[0m");
        end_line(t);
    }
    put_locals(t, frame, true);
    put_locals(t, frame, false);
}

/* How many frames from `from` on are the same place: recursion. */
static size_t repeats(const struct dump *d, const struct dump_thread *thread, size_t from)
{
    const struct dump_frame *frames = (const struct dump_frame *)d->frames.data + thread->frames;
    size_t n = 1;
    while (from + n < thread->frames_len && frames[from + n].id.i == frames[from].id.i &&
           !frames[from + n].locals_len && !frames[from].locals_len)
        n++;
    return n;
}

static void put_stack(struct page *t, const struct dump_thread *thread)
{
    const struct dump *d = t->view->dump;
    if (thread->truncated) {
        str_add(&t->line, "    (it moved too fast: the innermost calls are missing)");
        end_line(t);
    }
    for (size_t i = 0; i < thread->frames_len;) {
        size_t same = repeats(d, thread, i);
        size_t shown = same <= REPEATS_SHOWN + 1 ? same : REPEATS_SHOWN;
        for (size_t k = 0; k < shown; k++)
            put_frame(t, vec_at(&d->frames, thread->frames + i + k));
        if (shown < same) {
            str_printf(&t->line, "    … the same %zu more times", same - shown);
            end_line(t);
        }
        i += same;
    }
    if (!thread->frames_len && !thread->truncated) {
        str_add(&t->line, thread->unreadable ? "    (its stack could not be read)"
                                             : "    (no Python frames)");
        end_line(t);
    }
}

static void put_awaiters(struct page *t, const struct dump_task *task)
{
    const char *before = ", awaited by \"";
    for (size_t i = 0; i < task->awaiters_len; i++) {
        const char *name = dump_awaiter(t->view->dump, task, i);
        if (!name)
            continue;
        str_add(&t->line, before);
        add(t, name);
        str_add(&t->line, "\"");
        before = ", \"";
    }
}

static void put_tasks(struct page *t, const struct dump_thread *thread)
{
    const struct dump *d = t->view->dump;
    for (size_t i = 0; i < thread->tasks_len; i++) {
        const struct dump_task *task = vec_at(&d->tasks, thread->tasks + i);
        str_add(&t->line, "  Task \"");
        add(t, dump_string(d, task->name));
        str_add(&t->line, task->running ? "\", running" : "\"");
        put_awaiters(t, task);
        end_line(t);
        for (size_t k = 0; k < task->frames_len; k++)
            put_frame(t, vec_at(&d->frames, task->frames + k));
    }
}

static void put_thread(struct page *t, const struct dump_thread *thread)
{
    const char *name = dump_string(t->view->dump, thread->name);
    end_line(t);
    paint(t, "\033[1m");
    str_printf(&t->line, "Thread %d", thread->tid);
    paint(t, "\033[0m");
    str_add(&t->line, " (");
    dump_view_state(t->view, thread, &t->line);
    str_add(&t->line, ")");
    if (thread->interp_id)
        str_printf(&t->line, " in interpreter %llu", (unsigned long long)thread->interp_id);
    if (name[0]) {
        str_add(&t->line, ": \"");
        add(t, name);
        str_add(&t->line, "\"");
    }
    end_line(t);
    put_stack(t, thread);
    put_tasks(t, thread);
}

void dump_text(const struct dump_view *v, struct out *o)
{
    struct page t = {v, o, STR_EMPTY};
    put_process(&t);
    for (size_t i = 0; i < v->dump->threads.len; i++) {
        const struct dump_thread *thread = vec_at(&v->dump->threads, i);
        if (!v->options->gil || thread->gil == DUMP_GIL_HELD)
            put_thread(&t, thread);
    }
    str_release(&t.line);
}
