/* `heatline info --json`. heatline(1) documents the keys: they may be added to, not changed. */
#include "base/json.h"
#include "cli/info.h"

static void put_text(struct json *j, const char *key, const char *text)
{
    json_key(j, key);
    if (text != NULL && text[0] != '\0')
        json_text(j, text);
    else
        json_null(j);
}

static void put_uint(struct json *j, const char *key, uint64_t value)
{
    json_key(j, key);
    json_uint(j, value);
}

static void put_double(struct json *j, const char *key, double value)
{
    json_key(j, key);
    json_double(j, value, 6);
}

static void put_bool(struct json *j, const char *key, bool value)
{
    json_key(j, key);
    json_bool(j, value);
}

static void put_end(struct json *j, const struct info *info, uint64_t end_ns)
{
    json_key(j, "end_s");
    if (end_ns != 0)
        json_double(j, info_since_start(info, end_ns), 6);
    else
        json_null(j);
}

static void put_process(struct json *j, const struct info *info,
                        const struct profile_process *process)
{
    const struct profile *p = info->input->profile;
    const struct profile_process *parent = vec_at(&p->processes, process->parent.i);
    char python[32];

    info_python(process->python, python, sizeof python);
    json_object(j);
    put_uint(j, "pid", process->pid);
    json_key(j, "parent_pid");
    if (process->parent.i != 0)
        json_uint(j, parent->pid);
    else
        json_null(j);
    put_text(j, "executable", profile_string(p, process->executable));
    put_text(j, "command", profile_string(p, process->command));
    put_text(j, "python", python);
    put_bool(j, "free_threaded", process->flags & 1);
    put_double(j, "start_s", info_since_start(info, process->start_ns));
    put_end(j, info, process->end_ns);
    json_key(j, "exit_status");
    if (process->end_ns != 0 && process->exit_status >= 0)
        json_int(j, process->exit_status);
    else
        json_null(j);
    json_object_end(j);
}

static void put_thread(struct json *j, const struct info *info, size_t i)
{
    const struct profile *p = info->input->profile;
    const struct profile_thread *thread = vec_at(&p->threads, i);
    const struct profile_process *process = vec_at(&p->processes, thread->process.i);

    json_object(j);
    put_uint(j, "pid", process->pid);
    put_uint(j, "tid", thread->tid);
    put_text(j, "name", profile_string(p, thread->name));
    put_uint(j, "interpreter", thread->interpreter);
    put_uint(j, "samples", info->thread_samples[i]);
    put_double(j, "start_s", info_since_start(info, thread->start_ns));
    put_end(j, info, thread->end_ns);
    json_object_end(j);
}

static void put_figures(struct json *j, const struct info *info)
{
    const struct profile *p = info->input->profile;
    const struct reader_summary *summary = &info->input->summary;

    put_uint(j, "samples", p->samples.len);
    put_uint(j, "rejected", p->rejected);
    put_uint(j, "truncated", p->truncated);
    put_uint(j, "calls", info->input->spans.calls);
    put_uint(j, "resumed", info->input->spans.resumed);
    put_uint(j, "resynced", info->input->spans.resynced);
    put_uint(j, "lost", summary->lost + info->input->spans.missing);
    put_uint(j, "retaken_segments", summary->retaken_segments);
    put_double(j, "whole_since_s",
               summary->whole_since_ns ? info_since_start(info, summary->whole_since_ns) : 0);
    put_uint(j, "events", summary->events);
    put_uint(j, "damaged_segments", summary->damaged_segments);
    put_uint(j, "damaged_references", p->damaged);
    put_uint(j, "processes", p->processes.len - 1);
    put_uint(j, "threads", p->threads.len - 1);
    put_double(j, "duration_s", info->duration_s);
    put_double(j, "rate_hz", info->rate_hz);
    put_double(j, "achieved_hz", info->achieved_hz);
    put_uint(j, "bytes", summary->file_bytes);
    put_uint(j, "used_bytes", summary->used_bytes);
    put_uint(j, "index_bytes", summary->index_bytes);
    put_bool(j, "complete", summary->complete);
}

void info_json(const struct info *info, struct out *o)
{
    const struct profile *p = info->input->profile;
    struct json j;

    json_init(&j, o);
    j.pretty = true;
    json_object(&j);
    put_text(&j, "file", info->path);
    put_text(&j, "started", info->started);
    put_text(&j, "command", profile_note_value(p, "command"));
    put_text(&j, "version", profile_note_value(p, "version"));
    put_figures(&j, info);
    json_key(&j, "process_list");
    json_array(&j);
    for (size_t i = 1; i < p->processes.len; i++)
        put_process(&j, info, vec_at(&p->processes, i));
    json_array_end(&j);
    json_key(&j, "thread_list");
    json_array(&j);
    for (size_t i = 1; i < p->threads.len; i++)
        put_thread(&j, info, i);
    json_array_end(&j);
    json_key(&j, "notes");
    json_object(&j);
    for (size_t i = 0; i < p->notes.len; i++) {
        const struct profile_note *note = vec_at(&p->notes, i);
        put_text(&j, profile_string(p, note->key), profile_string(p, note->value));
    }
    json_object_end(&j);
    json_object_end(&j);
    out_text(o, "\n");
}
