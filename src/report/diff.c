/* Brings the functions of two recordings together. Of calls the means are compared (Welch's test), of
 * samples the shares. */
#include "report/diff.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/call_stats.h"
#include "analysis/significance.h"
#include "base/clock.h"
#include "report/groups.h"
#include "report/sheet.h"

#define PLACE_COLUMNS                                                                              \
    {.key = "p", .title = "p", .kind = COLUMN_PROBABILITY},                                        \
        {.key = "function", .title = "Function"},                                                  \
        {.key = "file", .title = "File", .cut = DISPLAY_CUT_START, .dim = true},                   \
    {                                                                                              \
        .key = "path", .title = "", .use = COLUMN_DATA                                             \
    }

static const struct column call_columns[] = {
    {.key = "before_own_percent", .title = "Own", .kind = COLUMN_SHARE},
    {.key = "after_own_percent", .title = "now", .kind = COLUMN_SHARE},
    {.key = "before_own_s", .title = "Own time", .kind = COLUMN_DURATION, .minor = true},
    {.key = "after_own_s", .title = "now", .kind = COLUMN_DURATION, .minor = true},
    {.key = "before_total_s", .title = "", .kind = COLUMN_DURATION, .use = COLUMN_DATA},
    {.key = "after_total_s", .title = "", .kind = COLUMN_DURATION, .use = COLUMN_DATA},
    {.key = "before_calls", .title = "Calls", .kind = COLUMN_COUNT, .minor = true},
    {.key = "after_calls", .title = "now", .kind = COLUMN_COUNT, .minor = true},
    {.key = "before_mean_s", .title = "Mean", .kind = COLUMN_DURATION},
    {.key = "after_mean_s", .title = "now", .kind = COLUMN_DURATION},
    {.key = "mean_change_percent", .title = "Change", .kind = COLUMN_CHANGE},
    PLACE_COLUMNS,
    {0},
};

static const struct column sample_columns[] = {
    {.key = "before_own_percent", .title = "Own", .kind = COLUMN_SHARE},
    {.key = "after_own_percent", .title = "now", .kind = COLUMN_SHARE},
    {.key = "before_own_s", .title = "Own time", .kind = COLUMN_TIME, .minor = true},
    {.key = "after_own_s", .title = "now", .kind = COLUMN_TIME, .minor = true},
    {.key = "before_total_s", .title = "", .kind = COLUMN_TIME, .use = COLUMN_DATA},
    {.key = "after_total_s", .title = "", .kind = COLUMN_TIME, .use = COLUMN_DATA},
    {.key = "own_change_percent", .title = "Change", .kind = COLUMN_CHANGE},
    PLACE_COLUMNS,
    {0},
};

struct diff_row {
    const char *name, *file, *path;
    struct call_stats sides[2]; /* of samples without durations */
};

void diff_init(struct diff *d, bool of_calls)
{
    *d = (struct diff){.keys = intern_new(), .texts = intern_new(), .of_calls = of_calls};
    vec_init(&d->rows, sizeof(struct diff_row));
}

void diff_release(struct diff *d)
{
    for (size_t i = 0; i < d->rows.len; i++) {
        struct diff_row *row = vec_at(&d->rows, i);
        call_stats_release(&row->sides[DIFF_BEFORE]);
        call_stats_release(&row->sides[DIFF_AFTER]);
    }
    vec_release(&d->rows);
    intern_free(d->keys);
    intern_free(d->texts);
}

static const char *keep(struct diff *d, const char *text)
{
    return intern_text(d->texts, intern_id(d->texts, text, strlen(text), NULL), NULL);
}

static struct diff_row *row_of(struct diff *d, const char *name, const char *file, const char *path)
{
    struct str key = STR_EMPTY;
    bool is_new;

    str_add_bytes(&key, name, strlen(name) + 1);
    str_add(&key, path);
    uint32_t number = intern_id(d->keys, key.data, key.len, &is_new);
    str_release(&key);
    if (is_new)
        *(struct diff_row *)vec_push(&d->rows) =
            (struct diff_row){.name = keep(d, name), .file = keep(d, file), .path = keep(d, path)};
    return vec_at(&d->rows, number);
}

int diff_add_calls(struct diff *d, enum diff_side side, struct calls *c, struct err *err)
{
    struct vec functions;

    if (call_stats_of_functions(c, &functions, err) != 0)
        return -1;
    for (uint32_t i = 0; i < functions.len; i++) {
        const struct call_stats *stats = vec_at(&functions, i);
        if (stats->durations.count == 0)
            continue;
        struct function_name text = names_of(&c->selection.names, (struct function_id){i});
        struct call_stats *sum = &row_of(d, text.name, text.file, text.path)->sides[side];
        durations_join(&sum->durations, &stats->durations);
        sum->self_ns += stats->self_ns;
        sum->total_ns += stats->total_ns;
    }
    call_stats_release_all(&functions);
    d->titles[side] = keep(d, calls_title(c));
    d->whole_ns[side] = c->spans.told_ns;
    d->counted[side] = (double)c->spans.told;
    return 0;
}

static bool key(const struct view_frame *frame, struct str *ret_key)
{
    str_add_bytes(ret_key, frame->name, strlen(frame->name) + 1);
    str_add(ret_key, frame->path);
    return frame->kind == VIEW_PYTHON || frame->kind == VIEW_SYNTHETIC;
}

void diff_add_view(struct diff *d, enum diff_side side, const struct view *v)
{
    struct calltree tree;
    struct vec groups;

    calltree_init(&tree, v);
    groups_init(&groups, &tree, key);
    for (size_t i = 0; i < groups.len; i++) {
        const struct group *group = vec_at(&groups, i);
        const struct view_frame *frame = vec_at(&v->frames, group->frame);
        struct call_stats *stats = &row_of(d, frame->name, frame->file, frame->path)->sides[side];
        stats->self_ns = group->own_ns;
        stats->total_ns = group->total_ns;
    }
    vec_release(&groups);
    calltree_release(&tree);
    d->titles[side] = keep(d, v->title);
    d->whole_ns[side] = v->total_ns;
    d->counted[side] = (double)v->samples.len;
}

static uint64_t moved(const struct diff_row *row)
{
    uint64_t before = row->sides[DIFF_BEFORE].self_ns, after = row->sides[DIFF_AFTER].self_ns;

    return before > after ? before - after : after - before;
}

static int most_moved_first(const void *left, const void *right)
{
    const struct diff_row *a = left, *b = right;

    if (moved(a) != moved(b))
        return moved(a) > moved(b) ? -1 : 1;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->path, b->path);
}

/* In percent of what was before. */
static double change(double before, double after)
{
    return before > 0 ? 100 * (after - before) / before : after > 0 ? INFINITY : NAN;
}

static struct significance_sample sample_of(const struct durations *d)
{
    return (struct significance_sample){d->count, d->mean_ns, durations_variance(d)};
}

static void add_calls(struct table *t, const struct diff_row *row)
{
    const struct durations *before = &row->sides[DIFF_BEFORE].durations;
    const struct durations *after = &row->sides[DIFF_AFTER].durations;
    struct significance_sample a = sample_of(before), b = sample_of(after);

    table_count(t, before->count);
    table_count(t, after->count);
    table_time(t, (uint64_t)llround(before->mean_ns));
    table_time(t, (uint64_t)llround(after->mean_ns));
    table_number(t, after->count > 0 ? change(before->mean_ns, after->mean_ns) : -100);
    table_number(t, significance_of_means(&a, &b));
}

static void add_shares(struct table *t, const struct diff *d, const double *shares)
{
    table_number(t, change(shares[DIFF_BEFORE], shares[DIFF_AFTER]));
    table_number(t, significance_of_shares(
                        shares[DIFF_BEFORE] * d->counted[DIFF_BEFORE], d->counted[DIFF_BEFORE],
                        shares[DIFF_AFTER] * d->counted[DIFF_AFTER], d->counted[DIFF_AFTER]));
}

static void add_row(struct table *t, const struct diff *d, const struct diff_row *row)
{
    double shares[2];

    for (int side = 0; side < 2; side++) {
        uint64_t own_ns = row->sides[side].self_ns, whole_ns = d->whole_ns[side];
        shares[side] = whole_ns > 0 ? (double)own_ns / (double)whole_ns : 0;
        table_share(t, own_ns, whole_ns);
    }
    for (int side = 0; side < 2; side++)
        table_time(t, row->sides[side].self_ns);
    for (int side = 0; side < 2; side++)
        table_time(t, row->sides[side].total_ns);
    if (d->of_calls)
        add_calls(t, row);
    else
        add_shares(t, d, shares);
    table_text(t, row->name);
    table_text(t, row->file);
    table_text(t, row->path);
}

static void put_side(struct json *j, const struct diff *d, enum diff_side side)
{
    json_object(j);
    json_key(j, "title");
    json_text(j, d->titles[side]);
    json_key(j, "total_s");
    json_double(j, (double)d->whole_ns[side] / NS_PER_S, 6);
    json_key(j, d->of_calls ? "calls" : "samples");
    json_uint(j, (uint64_t)d->counted[side]);
    json_object_end(j);
}

static void write_json(const struct diff *d, const struct table *t, size_t left_out, struct out *o)
{
    struct json j;

    json_init(&j, o);
    j.pretty = true;
    json_object(&j);
    json_key(&j, "report");
    json_text(&j, "diff");
    json_key(&j, "before");
    put_side(&j, d, DIFF_BEFORE);
    json_key(&j, "after");
    put_side(&j, d, DIFF_AFTER);
    json_key(&j, "rows_left_out");
    json_uint(&j, left_out);
    json_key(&j, "rows");
    table_write_json(t, &j);
    json_object_end(&j);
    out_text(o, "\n");
}

static void write_text(const struct diff *d, const struct table *t, size_t left_out,
                       const struct report_options *options, struct out *o)
{
    for (int side = 0; side < 2; side++) {
        char total[32];
        struct str line = STR_EMPTY;
        table_duration_text(d->whole_ns[side], total, sizeof total);
        str_printf(&line, "%s %s in %.0f %s: %s",
                   side == DIFF_BEFORE ? "before:" : "now:   ", total, d->counted[side],
                   d->of_calls ? "calls" : "samples", d->titles[side]);
        sheet_title(line.data, options, o);
        str_release(&line);
    }
    out_text(o, "\n");
    if (table_rows(t) > 0)
        table_write_text(t, options->columns, options->color, o);
    else
        out_text(o, "There is nothing to compare.\n");
    if (left_out > 0)
        out_printf(o, "and %zu more (--limit 0 shows all)\n", left_out);
}

void diff_write(struct diff *d, const struct report_options *options, struct out *o)
{
    struct table table;

    if (d->rows.len > 0)
        qsort(d->rows.data, d->rows.len, sizeof(struct diff_row), most_moved_first);
    table_init(&table, d->of_calls ? call_columns : sample_columns);
    size_t rows = sheet_rows(options, d->rows.len), left_out = d->rows.len - rows;
    for (size_t i = 0; i < rows; i++)
        add_row(&table, d, vec_at(&d->rows, i));
    if (options->format == REPORT_TEXT)
        write_text(d, &table, left_out, options, o);
    else if (options->format == REPORT_JSON)
        write_json(d, &table, left_out, o);
    else
        table_write_csv(&table, o);
    table_release(&table);
}
