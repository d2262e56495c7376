/* Holds back the line of a call until it is known that it will be shown: when it ended and took long
 * enough, or when a call inside it did, since then it did, too. */
#include "report/replay.h"

#include "base/json.h"
#include "report/sheet.h"

enum { INDENT = 2, INDENT_DEPTH_MAX = 60 };

static const char *const end_words[] = {
    [SPAN_RETURNED] = "returned", [SPAN_YIELDED] = "yielded", [SPAN_UNWOUND] = "unwound",
    [SPAN_CUT] = "cut",           [SPAN_OPEN] = "open",
};

struct open_line {
    struct span span;
    bool written;
};

struct replay {
    struct calls *calls;
    const struct report_options *options;
    struct out *out;
    struct json json;
    struct table row; /* the one that is being written */
    struct vec open;  /* struct open_line: calls that were entered */
    struct thread_id thread;
    uint64_t rows, left_out;
    struct str line, shown; /* scratch */
};

static bool is_full(struct replay *r)
{
    bool full = r->options->limit > 0 && r->rows >= r->options->limit;

    r->left_out += full;
    r->rows += !full;
    return full;
}

static void write_thread(struct replay *r, struct thread_id id)
{
    const struct profile *p = r->calls->profile;
    const struct profile_thread *thread = vec_at(&p->threads, id.i);
    const struct profile_process *process = vec_at(&p->processes, thread->process.i);

    if (id.i == r->thread.i)
        return;
    if (r->thread.i == 0)
        sheet_title(calls_title(r->calls), r->options, r->out);
    r->thread = id;
    out_printf(r->out, "\n%sthread %u of process %u: %s%s\n", r->options->color ? "\033[1m" : "",
               thread->tid, process->pid,
               names_clean(&r->calls->selection.names, profile_string(p, thread->name)),
               r->options->color ? "\033[0m" : "");
}

/* "  12.345678    1.23ms    name (file.py:12) {"; without a duration where it is not known yet. */
static void write_line(struct replay *r, const struct span *span, uint64_t at_ns,
                       const char *duration, const char *before, const char *after)
{
    struct function_name text = names_of(&r->calls->selection.names, span->function);
    uint32_t depth = span->depth < INDENT_DEPTH_MAX ? span->depth : INDENT_DEPTH_MAX;
    uint64_t since_us = calls_since_start_ns(r->calls, at_ns) / 1000;

    write_thread(r, span->thread);
    str_clear(&r->line);
    str_printf(&r->line, "%6llu.%06llu %8s  %*s%s%s%s", (unsigned long long)(since_us / 1000000),
               (unsigned long long)(since_us % 1000000), duration, (int)(depth * INDENT), "",
               before, text.label, after);
    str_clear(&r->shown);
    display_add(&r->shown, r->line.data, r->options->columns, DISPLAY_CUT_END);
    str_add(&r->shown, "\n");
    out_bytes(r->out, r->shown.data, r->shown.len);
}

static void open_callers(struct replay *r)
{
    for (size_t i = 0; i < r->open.len; i++) {
        struct open_line *line = vec_at(&r->open, i);
        if (!line->written && !is_full(r))
            write_line(r, &line->span, line->span.start_ns, "", "", " {");
        line->written = true;
    }
}

static void on_enter(void *context, const struct span *span)
{
    struct replay *r = context;

    *(struct open_line *)vec_push(&r->open) = (struct open_line){*span, false};
}

static const char *ending(const struct span *span)
{
    switch (span->end) {
    case SPAN_RETURNED:
        return "";
    case SPAN_YIELDED:
        return "  yielded";
    case SPAN_UNWOUND:
        return "  raised";
    case SPAN_CUT:
    case SPAN_OPEN:
        break;
    }
    return "  no end";
}

static void on_leave(void *context, const struct span *span)
{
    struct replay *r = context;
    bool opened = ((struct open_line *)vec_at(&r->open, r->open.len - 1))->written;
    char duration[32];

    vec_resize(&r->open, r->open.len - 1);
    if (span->brief)
        return;
    open_callers(r);
    if (is_full(r))
        return;
    table_duration_text(span_duration_ns(span), duration, sizeof duration);
    write_line(r, span, opened ? span->end_ns : span->start_ns, duration, opened ? "} " : "",
               ending(span));
}

static int write_text(struct replay *r, struct err *err)
{
    static const struct spans_visitor visitor = {.enter = on_enter, .leave = on_leave};

    if (calls_follow(r->calls, &visitor, r, err) != 0)
        return -1;
    if (r->rows == 0)
        out_text(r->out, "There are no such calls.\n");
    if (r->left_out > 0)
        out_printf(r->out, "and %llu more lines (--limit 0 shows all)\n",
                   (unsigned long long)r->left_out);
    return 0;
}

static const struct column columns[] = {
    {.key = "pid", .title = "", .kind = COLUMN_COUNT},
    {.key = "tid", .title = "", .kind = COLUMN_COUNT},
    {.key = "start_s", .title = "", .kind = COLUMN_DURATION},
    {.key = "duration_s", .title = "", .kind = COLUMN_DURATION},
    {.key = "own_s", .title = "", .kind = COLUMN_DURATION},
    {.key = "depth", .title = "", .kind = COLUMN_COUNT},
    {.key = "end", .title = ""},
    {.key = "function", .title = ""},
    {.key = "file", .title = ""},
    {.key = "path", .title = ""},
    {.key = "first_line", .title = "", .kind = COLUMN_COUNT},
    {0},
};

static void add_row(struct table *t, struct calls *c, const struct span *span)
{
    const struct profile *p = c->profile;
    const struct profile_thread *thread = vec_at(&p->threads, span->thread.i);
    const struct profile_process *process = vec_at(&p->processes, thread->process.i);
    struct function_name text = names_of(&c->selection.names, span->function);

    table_count(t, process->pid);
    table_count(t, thread->tid);
    table_time(t, calls_since_start_ns(c, span->start_ns));
    table_time(t, span_duration_ns(span));
    table_time(t, span->self_ns);
    table_count(t, span->depth);
    table_text(t, end_words[span->end]);
    table_text(t, text.name);
    table_text(t, text.file);
    table_text(t, text.path);
    table_count(t, text.first_line);
}

static void on_leave_as_data(void *context, const struct span *span)
{
    struct replay *r = context;

    if (span->brief || is_full(r))
        return;
    add_row(&r->row, r->calls, span);
    if (r->options->format == REPORT_CSV)
        table_csv_rows(&r->row, r->out);
    else
        table_json_rows(&r->row, &r->json);
    table_clear(&r->row);
}

static const struct spans_visitor data_visitor = {.leave = on_leave_as_data};

static int write_csv(struct replay *r, struct err *err)
{
    table_csv_head(&r->row, r->out);
    return calls_follow(r->calls, &data_visitor, r, err);
}

/* What is known of the whole recording comes after the rows. */
static int write_json(struct replay *r, struct err *err)
{
    struct json *j = &r->json;

    json_init(j, r->out);
    j->pretty = true;
    json_object(j);
    json_key(j, "report");
    json_text(j, "replay");
    json_key(j, "rows");
    json_array(j);
    int result = calls_follow(r->calls, &data_visitor, r, err);
    json_array_end(j);
    json_key(j, "title");
    json_text(j, calls_title(r->calls));
    sheet_put_calls(j, r->calls);
    json_key(j, "rows_left_out");
    json_uint(j, r->left_out);
    json_object_end(j);
    out_text(r->out, "\n");
    return result;
}

int replay_write(struct calls *c, const struct report_options *options, struct out *o,
                 struct err *err)
{
    struct replay r = {.calls = c, .options = options, .out = o};

    vec_init(&r.open, sizeof(struct open_line));
    table_init(&r.row, columns);
    int result = options->format == REPORT_TEXT   ? write_text(&r, err)
                 : options->format == REPORT_JSON ? write_json(&r, err)
                                                  : write_csv(&r, err);
    table_release(&r.row);
    vec_release(&r.open);
    str_release(&r.line);
    str_release(&r.shown);
    return result;
}
