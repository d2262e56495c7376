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
    struct str arguments; /* what it was given, if that is known */
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
    struct str result;      /* of the call that ends next, if it is known */
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

/* "  12.345678    1.23ms    ", up to what is indented; without a duration where it is not known yet. */
static void begin_line(struct replay *r, struct thread_id thread, uint64_t at_ns,
                       const char *duration, uint32_t depth)
{
    uint64_t since_us = calls_since_start_ns(r->calls, at_ns) / 1000;
    uint32_t indent = INDENT * (depth < INDENT_DEPTH_MAX ? depth : INDENT_DEPTH_MAX);

    write_thread(r, thread);
    str_clear(&r->line);
    str_printf(&r->line, "%6llu.%06llu %8s  %*s", (unsigned long long)(since_us / 1000000),
               (unsigned long long)(since_us % 1000000), duration, (int)indent, "");
}

/* A value from a recording; nothing if it is empty. */
static void add_value(struct replay *r, const char *before, const char *json)
{
    if (*json)
        str_printf(&r->line, "%s%s", before, names_clean(&r->calls->selection.names, json));
}

static void end_line(struct replay *r)
{
    str_clear(&r->shown);
    display_add(&r->shown, r->line.data, r->options->columns, DISPLAY_CUT_END);
    str_add(&r->shown, "\n");
    out_bytes(r->out, r->shown.data, r->shown.len);
}

static const char *label_of(struct replay *r, const struct span *span)
{
    return names_of(&r->calls->selection.names, span->function).label;
}

static const char *text_of(const struct str *text)
{
    return text->len ? text->data : "";
}

static void open_callers(struct replay *r)
{
    for (size_t i = 0; i < r->open.len; i++) {
        struct open_line *line = vec_at(&r->open, i);
        if (!line->written && !is_full(r)) {
            begin_line(r, line->span.thread, line->span.start_ns, "", line->span.depth);
            str_add(&r->line, label_of(r, &line->span));
            add_value(r, "  <- ", text_of(&line->arguments));
            str_add(&r->line, " {");
            end_line(r);
        }
        line->written = true;
    }
}

static void on_enter(void *context, const struct span *span)
{
    struct replay *r = context;

    *(struct open_line *)vec_push(&r->open) = (struct open_line){.span = *span};
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

static void write_end(struct replay *r, const struct span *span, const struct open_line *line)
{
    char duration[32];

    table_duration_text(span_duration_ns(span), duration, sizeof duration);
    begin_line(r, span->thread, line->written ? span->end_ns : span->start_ns, duration,
               span->depth);
    str_printf(&r->line, "%s%s", line->written ? "} " : "", label_of(r, span));
    if (!line->written)
        add_value(r, "  <- ", text_of(&line->arguments));
    add_value(r, "  -> ", text_of(&r->result));
    str_add(&r->line, ending(span));
    end_line(r);
}

static void on_leave(void *context, const struct span *span)
{
    struct replay *r = context;
    struct open_line line = *(struct open_line *)vec_at(&r->open, r->open.len - 1);

    vec_resize(&r->open, r->open.len - 1);
    if (!span->brief)
        open_callers(r);
    if (!span->brief && !is_full(r))
        write_end(r, span, &line);
    str_release(&line.arguments);
    str_clear(&r->result);
}

static void keep(struct str *text, struct text json)
{
    str_clear(text);
    str_add_bytes(text, json.data, json.len_bytes);
}

/* What a program said of itself stands where it said it. */
static void write_event(struct replay *r, struct thread_id thread, const struct event *event)
{
    const struct profile *p = r->calls->profile;
    struct str json = STR_EMPTY;

    open_callers(r);
    if (is_full(r))
        return;
    if (event->kind == EVENT_INSTANT) {
        begin_line(r, thread, event->instant.t_ns, "", (uint32_t)r->open.len);
        str_printf(&r->line, "* %s", profile_string(p, event->instant.name));
        keep(&json, event->instant.json);
        add_value(r, "  ", text_of(&json));
    } else {
        begin_line(r, thread, event->counter.t_ns, "", (uint32_t)r->open.len);
        str_printf(&r->line, "* %s = %.10g", profile_string(p, event->counter.name),
                   event->counter.value);
    }
    str_release(&json);
    end_line(r);
}

static void on_event(void *context, struct thread_id thread, const struct event *event)
{
    struct replay *r = context;

    if (event->kind == EVENT_ARGUMENTS && r->open.len)
        keep(&((struct open_line *)vec_at(&r->open, r->open.len - 1))->arguments,
             event->arguments.json);
    else if (event->kind == EVENT_RESULT)
        keep(&r->result, event->result.json);
    else if (event->kind == EVENT_INSTANT || event->kind == EVENT_COUNTER)
        write_event(r, thread, event);
}

static int write_text(struct replay *r, struct err *err)
{
    static const struct spans_visitor visitor = {
        .enter = on_enter, .leave = on_leave, .event = on_event};

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
    for (size_t i = 0; i < r.open.len; i++)
        str_release(&((struct open_line *)vec_at(&r.open, i))->arguments);
    vec_release(&r.open);
    str_release(&r.result);
    str_release(&r.line);
    str_release(&r.shown);
    return result;
}
