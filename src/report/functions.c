/* `--functions`: a row per function, hottest first. */
#include "report/functions.h"

#include <string.h>

#include "report/groups.h"
#include "report/sheet.h"

static const struct column columns[] = {
    {.key = "own_percent", .title = "Own", .kind = COLUMN_SHARE},
    {.key = "total_percent", .title = "Total", .kind = COLUMN_SHARE},
    {.key = "own_s", .title = "Own time", .kind = COLUMN_TIME, .minor = true},
    {.key = "total_s", .title = "Total time", .kind = COLUMN_TIME, .minor = true},
    {.key = "own_samples", .title = "Samples", .kind = COLUMN_COUNT, .minor = true},
    {.key = "total_samples", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {.key = "function", .title = "Function"},
    {.key = "place", .title = "File", .use = COLUMN_SHOWN, .cut = DISPLAY_CUT_START, .dim = true},
    {.key = "file", .title = "", .use = COLUMN_DATA},
    {.key = "path", .title = "", .use = COLUMN_DATA},
    {.key = "first_line", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {0},
};

static bool key(const struct view_frame *frame, struct str *ret_key)
{
    str_add_bytes(ret_key, frame->name, strlen(frame->name) + 1);
    str_printf(ret_key, "%s:%u", frame->path, frame->first_line);
    return frame->kind == VIEW_PYTHON || frame->kind == VIEW_SYNTHETIC;
}

static void add_row(struct table *t, const struct view *v, const struct group *group)
{
    const struct view_frame *frame = vec_at(&v->frames, group->frame);

    table_share(t, group->own_ns, v->total_ns);
    table_share(t, group->total_ns, v->total_ns);
    table_time(t, group->own_ns);
    table_time(t, group->total_ns);
    table_count(t, view_count(v, group->own_ns));
    table_count(t, view_count(v, group->total_ns));
    table_text(t, frame->name);
    if (frame->first_line > 0)
        table_printf(t, "%s:%u", frame->file, frame->first_line);
    else
        table_text(t, frame->file);
    table_text(t, frame->file);
    table_text(t, frame->path);
    table_count(t, frame->first_line);
}

int functions_write(const struct view *v, const struct report_options *options, struct out *o,
                    struct err *err)
{
    struct calltree tree;
    struct vec groups;
    struct table table;

    (void)err;
    calltree_init(&tree, v);
    groups_init(&groups, &tree, key);
    table_init(&table, columns);
    size_t rows = sheet_rows(options, groups.len);
    for (size_t i = 0; i < rows; i++)
        add_row(&table, v, vec_at(&groups, i));
    sheet_write("functions", v, &table, groups.len - rows, options, o);
    table_release(&table);
    vec_release(&groups);
    calltree_release(&tree);
    return 0;
}
