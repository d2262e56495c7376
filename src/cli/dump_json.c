/* `heatline dump --json`. heatline(1) documents the keys: they may be added to, not changed. Those
 * that py-spy has too mean the same. */
#include "cli/dump.h"
#include "cli/info.h"
#include "subject/syscalls.h"

static void put_text(struct json *j, const char *key, const char *text)
{
    json_key(j, key);
    if (text && text[0])
        json_text(j, text);
    else
        json_null(j);
}

static void put_uint(struct json *j, const char *key, uint64_t value)
{
    json_key(j, key);
    json_uint(j, value);
}

static void put_bool(struct json *j, const char *key, bool value)
{
    json_key(j, key);
    json_bool(j, value);
}

static void put_locals(const struct dump_view *v, struct json *j, const struct dump_frame *frame)
{
    json_key(j, "locals");
    if (!v->options->locals) {
        json_null(j);
        return;
    }
    json_array(j);
    for (size_t i = 0; i < frame->locals_len; i++) {
        const struct dump_local *local = vec_at(&v->dump->locals, frame->locals + i);
        json_object(j);
        put_text(j, "name", dump_string(v->dump, local->name));
        put_bool(j, "arg", local->argument);
        put_text(j, "repr", dump_string(v->dump, local->value));
        put_bool(j, "cut", local->cut);
        put_uint(j, "addr", local->address);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_frame(const struct dump_view *v, struct json *j, const struct dump_frame *frame)
{
    const char *file = dump_frame_file(v->dump, frame);
    uint32_t line = dump_view_line(v, frame);
    json_object(j);
    put_text(j, "name", dump_frame_function(v->dump, frame));
    put_text(j, "filename", file);
    put_text(j, "short_filename", filename_short(v->filename, file));
    json_key(j, "line");
    if (line)
        json_uint(j, line);
    else
        json_null(j);
    put_uint(j, "first_line", dump_frame_first_line(v->dump, frame));
    put_text(j, "source", dump_view_source(v, frame));
    put_locals(v, j, frame);
    json_object_end(j);
}

static const char *gil_name(const struct dump_view *v, const struct dump_thread *t)
{
    if (t->gil == DUMP_GIL_WAITED_FOR)
        return "waiting";
    if (t->gil == DUMP_GIL_HELD)
        return v->dump->runtime.layout.free_threaded ? "attached" : "held";
    return NULL;
}

static void put_state(const struct dump_view *v, struct json *j, const struct dump_thread *t)
{
    struct str state = STR_EMPTY;
    dump_view_state(v, t, &state);
    put_text(j, "state", state.data);
    str_release(&state);
    put_bool(j, "active", t->known && t->on_cpu);
    put_text(j, "syscall", t->known && !t->on_cpu ? syscall_name(t->syscall) : NULL);
    put_text(j, "gil", gil_name(v, t));
    put_bool(j, "owns_gil", t->gil == DUMP_GIL_HELD);
    put_bool(j, "gc", t->collecting);
    put_bool(j, "truncated", t->truncated);
    put_bool(j, "unreadable", t->unreadable);
    put_bool(j, "unsteady", t->unsteady);
}

static void put_process(const struct dump_view *v, struct json *j)
{
    const struct dump *d = v->dump;
    char python[32];
    info_python(d->runtime.layout.version, python, sizeof(python));
    json_key(j, "process_info");
    json_object(j);
    put_uint(j, "pid", (uint64_t)d->pid);
    put_uint(j, "parent_pid", (uint64_t)d->parent);
    put_text(j, "command_line", d->command.data);
    put_text(j, "executable", d->executable.data);
    put_text(j, "python", python);
    put_bool(j, "free_threaded", d->runtime.layout.free_threaded);
    put_uint(j, "stopped_threads", d->stopped);
    put_uint(j, "stopped_ns", d->stopped_ns);
    json_object_end(j);
}

static void put_frames(const struct dump_view *v, struct json *j, size_t from, size_t count)
{
    json_key(j, "frames");
    json_array(j);
    for (size_t i = 0; i < count; i++)
        put_frame(v, j, vec_at(&v->dump->frames, from + i));
    json_array_end(j);
}

static void put_awaiters(const struct dump_view *v, struct json *j, const struct dump_task *task)
{
    json_key(j, "awaited_by");
    json_array(j);
    for (size_t i = 0; i < task->awaiters_len; i++) {
        const char *name = dump_awaiter(v->dump, task, i);
        if (name)
            json_text(j, name);
    }
    json_array_end(j);
}

static void put_tasks(const struct dump_view *v, struct json *j, const struct dump_thread *t)
{
    json_key(j, "tasks");
    if (!v->options->async) {
        json_null(j);
        return;
    }
    json_array(j);
    for (size_t i = 0; i < t->tasks_len; i++) {
        const struct dump_task *task = vec_at(&v->dump->tasks, t->tasks + i);
        json_object(j);
        put_uint(j, "id", task->address);
        put_text(j, "name", dump_string(v->dump, task->name));
        put_bool(j, "running", task->running);
        put_awaiters(v, j, task);
        put_frames(v, j, task->frames, task->frames_len);
        json_object_end(j);
    }
    json_array_end(j);
}

static void put_thread(const struct dump_view *v, struct json *j, const struct dump_thread *t)
{
    json_object(j);
    put_uint(j, "pid", (uint64_t)v->dump->pid);
    put_uint(j, "thread_id", t->ident);
    put_text(j, "thread_name", dump_string(v->dump, t->name));
    put_uint(j, "os_thread_id", (uint64_t)t->tid);
    put_uint(j, "interpreter", t->interp_id);
    put_state(v, j, t);
    put_frames(v, j, t->frames, t->frames_len);
    put_tasks(v, j, t);
    put_process(v, j);
    json_object_end(j);
}

void dump_json(const struct dump_view *v, struct json *j)
{
    for (size_t i = 0; i < v->dump->threads.len; i++) {
        const struct dump_thread *t = vec_at(&v->dump->threads, i);
        if (!v->options->gil || t->gil == DUMP_GIL_HELD)
            put_thread(v, j, t);
    }
}
