/* `--functions` of calls: a row per function, the most expensive first. */
#include "report/call_functions.h"

#include <stdlib.h>

#include "report/call_columns.h"
#include "report/sheet.h"

static const struct column columns[] = {
    CALL_COLUMNS(COLUMN_BOTH),
    {.key = "function", .title = "Function"},
    {.key = "place", .title = "File", .use = COLUMN_SHOWN, .cut = DISPLAY_CUT_START, .dim = true},
    {.key = "file", .title = "", .use = COLUMN_DATA},
    {.key = "path", .title = "", .use = COLUMN_DATA},
    {.key = "first_line", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {0},
};

static int costliest_first(const void *left, const void *right, void *context)
{
    const struct call_stats *stats = ((const struct vec *)context)->data;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int order = call_columns_order(&stats[a], &stats[b]);

    return order != 0 ? order : a < b ? -1 : 1;
}

/* The functions that were called, by their ids in `stats`. */
static struct vec rank(struct vec *stats)
{
    struct vec ids;

    vec_init(&ids, sizeof(uint32_t));
    for (uint32_t i = 0; i < stats->len; i++) {
        if (((struct call_stats *)vec_at(stats, i))->durations.count > 0)
            *(uint32_t *)vec_push(&ids) = i;
    }
    if (ids.len > 0)
        qsort_r(ids.data, ids.len, sizeof(uint32_t), costliest_first, stats);
    return ids;
}

static void add_row(struct table *t, struct calls *c, const struct call_stats *stats, uint32_t id)
{
    struct function_name text = names_of(&c->selection.names, (struct function_id){id});

    call_columns_add(t, stats, c->spans.told_ns);
    table_text(t, text.name);
    if (text.first_line > 0)
        table_printf(t, "%s:%u", text.file, text.first_line);
    else
        table_text(t, text.file);
    table_text(t, text.file);
    table_text(t, text.path);
    table_count(t, text.first_line);
}

int call_functions_write(struct calls *c, const struct report_options *options, struct out *o,
                         struct err *err)
{
    struct vec stats;
    struct table table;

    if (call_stats_of_functions(c, &stats, err) != 0)
        return -1;
    struct vec ids = rank(&stats);
    table_init(&table, columns);
    size_t rows = sheet_rows(options, ids.len);
    for (size_t i = 0; i < rows; i++) {
        uint32_t id = *(uint32_t *)vec_at(&ids, i);
        add_row(&table, c, vec_at(&stats, id), id);
    }
    sheet_write_calls("functions", c, &table, ids.len - rows, options, o);
    table_release(&table);
    vec_release(&ids);
    call_stats_release_all(&stats);
    return 0;
}
