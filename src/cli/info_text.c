/* `heatline info` for people. */
#include <stdarg.h>

#include "cli/info.h"
#include "report/display.h"

enum { LABEL_COLUMNS = 12, LIST_MAX = 20 };

/* What comes from the recording may hold anything; a line of ours holds one line. */
static void put(struct out *o, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void put(struct out *o, const char *label, const char *format, ...)
{
    struct str value = STR_EMPTY, line = STR_EMPTY;
    va_list args;

    va_start(args, format);
    str_vprintf(&value, format, args);
    va_end(args);
    str_printf(&line, "%-*s", LABEL_COLUMNS, label);
    display_add(&line, value.data, value.len, DISPLAY_CUT_END);
    out_bytes(o, line.data, line.len);
    out_text(o, "\n");
    str_release(&value);
    str_release(&line);
}

static void put_process(struct out *o, const struct info *info, size_t i)
{
    const struct profile *p = info->input->profile;
    const struct profile_process *process = vec_at(&p->processes, i);
    char python[32];

    info_python(process->python, python, sizeof python);
    put(o, i == 1 ? "processes" : "", "%u  %s%s%s%s", process->pid,
        profile_string(p, process->command), python[0] != '\0' ? "  (Python " : "", python,
        python[0] == '\0'    ? ""
        : process->flags & 1 ? ", free-threaded)"
                             : ")");
}

static void put_thread(struct out *o, const struct info *info, size_t i)
{
    const struct profile *p = info->input->profile;
    const struct profile_thread *thread = vec_at(&p->threads, i);

    put(o, i == 1 ? "threads" : "", "%u  %s  (%llu samples)", thread->tid,
        profile_string(p, thread->name), (unsigned long long)info->thread_samples[i]);
}

static void put_list(struct out *o, const struct info *info, size_t len,
                     void (*put_item)(struct out *o, const struct info *info, size_t i))
{
    for (size_t i = 1; i < len && i <= LIST_MAX; i++)
        put_item(o, info, i);
    if (len > LIST_MAX + 1)
        put(o, "", "and %zu more (--json lists all)", len - LIST_MAX - 1);
}

void info_text(const struct info *info, struct out *o)
{
    const struct profile *p = info->input->profile;
    const struct reader_summary *summary = &info->input->summary;
    const char *command = profile_note_value(p, "command");

    put(o, "file", "%s", info->path);
    if (command != NULL)
        put(o, "command", "%s", command);
    put(o, "started", "%s", info->started);
    put(o, "duration", "%.2fs%s", info->duration_s, summary->complete ? "" : ", no clean end");
    const struct spans *spans = &info->input->spans;
    if (spans->calls + spans->resumed > 0)
        put(o, "calls",
            "%llu (%llu times a generator or coroutine went on, %llu resynchronised, "
            "%llu events lost)",
            (unsigned long long)spans->calls, (unsigned long long)spans->resumed,
            (unsigned long long)spans->resynced,
            (unsigned long long)(spans->missing + summary->lost));
    else
        put(o, "rate", "%.0f/s asked, %.1f/s achieved", info->rate_hz, info->achieved_hz);
    put(o, "samples", "%zu (%llu more rejected, %llu truncated, %llu events lost)", p->samples.len,
        (unsigned long long)p->rejected, (unsigned long long)p->truncated,
        (unsigned long long)summary->lost);
    put(o, "size", "%llu bytes, %llu events, %u segments (%llu damaged)",
        (unsigned long long)summary->file_bytes, (unsigned long long)summary->events,
        summary->segments, (unsigned long long)summary->damaged_segments);
    if (summary->retaken_segments)
        put(o, "missing", "%llu segments gave way to later ones: whole since %.3fs",
            (unsigned long long)summary->retaken_segments,
            info_since_start(info, summary->whole_since_ns));
    put_list(o, info, p->processes.len, put_process);
    put_list(o, info, p->threads.len, put_thread);
}
