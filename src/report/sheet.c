/* Title and summary around a report's table. */
#include "report/sheet.h"

#include <stdio.h>

#include "base/clock.h"

static const char *const mode_names[] = {
    [QUERY_WALL] = "wall", [QUERY_CPU] = "cpu", [QUERY_GIL] = "gil"};

/* What stands around the table. */
struct sheet {
    const char *report, *title;
    const struct view *view;   /* of samples, or */
    const struct calls *calls; /* of calls */
    const struct table *table;
    size_t left_out;
    const struct report_options *options;
};

static double seconds(uint64_t ns)
{
    return (double)ns / NS_PER_S;
}

static void put_text(struct json *j, const char *key, const char *text)
{
    json_key(j, key);
    json_text(j, text);
}

static void put_uint(struct json *j, const char *key, uint64_t number)
{
    json_key(j, key);
    json_uint(j, number);
}

static void put_seconds(struct json *j, const char *key, uint64_t ns)
{
    json_key(j, key);
    json_double(j, seconds(ns), 6);
}

static void put_view(struct json *j, const struct view *v)
{
    put_text(j, "mode", v->profile->of_calls ? "calls" : mode_names[v->query.mode]);
    put_seconds(j, "duration_s", v->end_ns - v->start_ns);
    put_seconds(j, "total_s", v->total_ns);
    json_key(j, "rate_hz");
    json_double(j, v->rate_hz, 3);
    put_uint(j, "samples", v->samples.len);
}

void sheet_put_calls(struct json *j, const struct calls *c)
{
    put_text(j, "mode", "calls");
    put_seconds(j, "duration_s", c->profile->end_ns - c->profile->start_ns);
    put_seconds(j, "total_s", c->spans.told_ns);
    put_uint(j, "calls", c->spans.told);
    put_uint(j, "lost", c->summary.lost + c->spans.missing);
    put_uint(j, "resynced", c->spans.resynced);
}

static void write_json(const struct sheet *s, struct out *o)
{
    struct json j;

    json_init(&j, o);
    j.pretty = true;
    json_object(&j);
    put_text(&j, "report", s->report);
    put_text(&j, "title", s->title);
    if (s->view != NULL)
        put_view(&j, s->view);
    else
        sheet_put_calls(&j, s->calls);
    put_uint(&j, "rows_left_out", s->left_out);
    json_key(&j, "rows");
    table_write_json(s->table, &j);
    json_object_end(&j);
    out_text(o, "\n");
}

static void write_view_summary(const struct view *v, struct out *o)
{
    if (v->profile->of_calls) {
        out_printf(o, "%.2fs in calls over %.2fs\n\n", seconds(v->total_ns),
                   seconds(v->end_ns - v->start_ns));
        return;
    }
    const char *mode = v->query.mode == QUERY_CPU   ? "on CPU"
                       : v->query.mode == QUERY_GIL ? "holding the GIL"
                       : v->query.idle              ? "with idle threads"
                                                    : "busy";

    out_printf(o, "%.2fs %s in %zu samples over %.2fs\n\n", seconds(v->total_ns), mode,
               v->samples.len, seconds(v->end_ns - v->start_ns));
}

static void write_calls_summary(const struct calls *c, struct out *o)
{
    char total[32], duration[32];

    table_duration_text(c->spans.told_ns, total, sizeof total);
    table_duration_text(c->profile->end_ns - c->profile->start_ns, duration, sizeof duration);
    out_printf(o, "%s in %llu calls over %s\n\n", total, (unsigned long long)c->spans.told,
               duration);
}

static void write_text(const struct sheet *s, struct out *o)
{
    const struct report_options *options = s->options;

    sheet_title(s->title, options, o);
    if (s->view != NULL)
        write_view_summary(s->view, o);
    else
        write_calls_summary(s->calls, o);
    if (table_rows(s->table) > 0)
        table_write_text(s->table, options->columns, options->color, o);
    else if (s->view != NULL && !s->view->profile->of_calls)
        out_text(o, "Nothing was seen. With --idle, waiting threads count too.\n");
    else
        out_text(o, "There are no such calls.\n");
    if (s->left_out > 0)
        out_printf(o, "and %zu more (--limit 0 shows all)\n", s->left_out);
}

static void write_sheet(const struct sheet *s, struct out *o)
{
    switch (s->options->format) {
    case REPORT_TEXT:
        write_text(s, o);
        break;
    case REPORT_JSON:
        write_json(s, o);
        break;
    case REPORT_CSV:
        table_write_csv(s->table, o);
        break;
    }
}

void sheet_title(const char *title, const struct report_options *options, struct out *o)
{
    struct str text = STR_EMPTY;

    display_add(&text, title, options->columns, DISPLAY_CUT_END);
    out_printf(o, "%s%s%s\n", options->color ? "\033[1m" : "", text.data != NULL ? text.data : "",
               options->color ? "\033[0m" : "");
    str_release(&text);
}

void sheet_write(const char *report, const struct view *v, const struct table *t, size_t left_out,
                 const struct report_options *options, struct out *o)
{
    write_sheet(&(struct sheet){report, v->title, v, NULL, t, left_out, options}, o);
}

void sheet_write_calls(const char *report, const struct calls *c, const struct table *t,
                       size_t left_out, const struct report_options *options, struct out *o)
{
    write_sheet(&(struct sheet){report, calls_title(c), NULL, c, t, left_out, options}, o);
}

size_t sheet_rows(const struct report_options *options, size_t count)
{
    return options->limit == 0 || options->limit > count ? count : options->limit;
}
