/* `--lines`: a row per source line, hottest first, with its text where the file can be read. */
#include "report/lines.h"

#include "report/groups.h"
#include "report/sheet.h"
#include "report/source.h"

static const struct column columns[] = {
    {.key = "own_percent", .title = "Own", .kind = COLUMN_SHARE},
    {.key = "total_percent", .title = "Total", .kind = COLUMN_SHARE},
    {.key = "own_s", .title = "Own time", .kind = COLUMN_TIME, .minor = true},
    {.key = "total_s", .title = "Total time", .kind = COLUMN_TIME, .minor = true},
    {.key = "own_samples", .title = "Samples", .kind = COLUMN_COUNT, .minor = true},
    {.key = "total_samples", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {.key = "place", .title = "Line", .use = COLUMN_SHOWN, .cut = DISPLAY_CUT_START, .dim = true},
    {.key = "function", .title = "", .use = COLUMN_DATA},
    {.key = "file", .title = "", .use = COLUMN_DATA},
    {.key = "path", .title = "", .use = COLUMN_DATA},
    {.key = "line", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {.key = "source", .title = "Source"},
    {0},
};

static bool key(const struct view_frame *frame, struct str *ret_key)
{
    str_printf(ret_key, "%s:%u", frame->path, frame->line);
    return frame->kind == VIEW_PYTHON;
}

static void add_row(struct table *t, const struct view *v, const struct group *group,
                    struct source *source)
{
    const struct view_frame *frame = vec_at(&v->frames, group->frame);
    const char *text = source_line(source, frame->path, frame->line);

    table_share(t, group->own_ns, v->total_ns);
    table_share(t, group->total_ns, v->total_ns);
    table_time(t, group->own_ns);
    table_time(t, group->total_ns);
    table_count(t, view_count(v, group->own_ns));
    table_count(t, view_count(v, group->total_ns));
    if (frame->line > 0)
        table_printf(t, "%s:%u", frame->file, frame->line);
    else
        table_text(t, frame->file);
    table_text(t, frame->name);
    table_text(t, frame->file);
    table_text(t, frame->path);
    table_count(t, frame->line);
    table_text(t, text != NULL ? text : "");
}

int lines_write(const struct view *v, const struct report_options *options, struct out *o,
                struct err *err)
{
    struct calltree tree;
    struct vec groups;
    struct table table;
    struct source source;

    (void)err;
    calltree_init(&tree, v);
    groups_init(&groups, &tree, key);
    table_init(&table, columns);
    source_init(&source);
    size_t rows = sheet_rows(options, groups.len);
    for (size_t i = 0; i < rows; i++)
        add_row(&table, v, vec_at(&groups, i), &source);
    sheet_write("lines", v, &table, groups.len - rows, options, o);
    source_release(&source);
    table_release(&table);
    vec_release(&groups);
    calltree_release(&tree);
    return 0;
}
