/* Title and summary around a report's table. */
#include "report/sheet.h"

#include <stdio.h>

#include "base/clock.h"

static const char *const mode_names[] = {
    [QUERY_WALL] = "wall", [QUERY_CPU] = "cpu", [QUERY_GIL] = "gil"};

static double seconds(uint64_t ns)
{
    return (double)ns / NS_PER_S;
}

static void write_json(const char *report, const struct view *v, const struct table *t,
                       size_t left_out, struct out *o)
{
    struct json j;

    json_init(&j, o);
    j.pretty = true;
    json_object(&j);
    json_key(&j, "report");
    json_text(&j, report);
    json_key(&j, "title");
    json_text(&j, v->title);
    json_key(&j, "mode");
    json_text(&j, mode_names[v->query.mode]);
    json_key(&j, "duration_s");
    json_double(&j, seconds(v->end_ns - v->start_ns), 6);
    json_key(&j, "total_s");
    json_double(&j, seconds(v->total_ns), 6);
    json_key(&j, "rate_hz");
    json_double(&j, v->rate_hz, 3);
    json_key(&j, "samples");
    json_uint(&j, v->samples.len);
    json_key(&j, "rows_left_out");
    json_uint(&j, left_out);
    json_key(&j, "rows");
    table_write_json(t, &j);
    json_object_end(&j);
    out_text(o, "\n");
}

static void write_text(const struct view *v, const struct table *t, size_t left_out,
                       const struct report_options *options, struct out *o)
{
    struct str title = STR_EMPTY;
    const char *mode = v->query.mode == QUERY_CPU   ? "on CPU"
                       : v->query.mode == QUERY_GIL ? "holding the GIL"
                       : v->query.idle              ? "with idle threads"
                                                    : "busy";

    display_add(&title, v->title, options->columns, DISPLAY_CUT_END);
    out_printf(o, "%s%s%s\n", options->color ? "\033[1m" : "", title.data != NULL ? title.data : "",
               options->color ? "\033[0m" : "");
    str_release(&title);
    out_printf(o, "%.2fs %s in %zu samples over %.2fs\n\n", seconds(v->total_ns), mode,
               v->samples.len, seconds(v->end_ns - v->start_ns));
    if (table_rows(t) == 0)
        out_text(o, "Nothing was seen. With --idle, waiting threads count too.\n");
    else
        table_write_text(t, options->columns, options->color, o);
    if (left_out > 0)
        out_printf(o, "and %zu more (--limit 0 shows all)\n", left_out);
}

void sheet_write(const char *report, const struct view *v, const struct table *t, size_t left_out,
                 const struct report_options *options, struct out *o)
{
    switch (options->format) {
    case REPORT_TEXT:
        write_text(v, t, left_out, options, o);
        break;
    case REPORT_JSON:
        write_json(report, v, t, left_out, o);
        break;
    case REPORT_CSV:
        table_write_csv(t, o);
        break;
    }
}

size_t sheet_rows(const struct report_options *options, size_t count)
{
    return options->limit == 0 || options->limit > count ? count : options->limit;
}
