/* `--calls`: a row per pair of caller and callee, the most expensive first. */
#include "report/call_edges.h"

#include <stdlib.h>

#include "base/map.h"
#include "report/call_columns.h"
#include "report/sheet.h"

static const struct column columns[] = {
    CALL_COLUMNS(COLUMN_BOTH),
    {.key = "caller", .title = "Caller"},
    {.key = "function", .title = "Function"},
    {.key = "place", .title = "File", .use = COLUMN_SHOWN, .cut = DISPLAY_CUT_START, .dim = true},
    {.key = "caller_file", .title = "", .use = COLUMN_DATA},
    {.key = "caller_path", .title = "", .use = COLUMN_DATA},
    {.key = "caller_first_line", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {.key = "file", .title = "", .use = COLUMN_DATA},
    {.key = "path", .title = "", .use = COLUMN_DATA},
    {.key = "first_line", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {0},
};

struct edge {
    struct function_id caller, function;
    uint32_t open; /* calls of this kind that are open now */
    struct call_stats stats;
};

struct edges {
    struct map numbers; /* caller, callee → index in `list` */
    struct vec list;    /* of struct edge */
    struct vec open;    /* uint32_t: the edge of each open call */
};

static void on_enter(void *context, const struct span *span)
{
    struct edges *edges = context;
    uint64_t key = (uint64_t)span->caller.i << 32 | span->function.i;
    uint32_t number = (uint32_t)edges->list.len;

    if (!map_find(&edges->numbers, key, &number)) {
        map_put(&edges->numbers, key, number);
        *(struct edge *)vec_push(&edges->list) =
            (struct edge){.caller = span->caller, .function = span->function};
    }
    ((struct edge *)vec_at(&edges->list, number))->open++;
    *(uint32_t *)vec_push(&edges->open) = number;
}

/* Recursion here is an edge within the same edge. */
static void on_leave(void *context, const struct span *span)
{
    struct edges *edges = context;
    uint32_t number = *(uint32_t *)vec_at(&edges->open, edges->open.len - 1);
    struct edge *edge = vec_at(&edges->list, number);
    struct span call = *span;

    vec_resize(&edges->open, edges->open.len - 1);
    call.recursive = --edge->open > 0;
    if (!span->brief)
        call_stats_add(&edge->stats, &call);
}

/* All its calls were brief. */
static bool is_empty(const struct edge *edge)
{
    return edge->stats.durations.count == 0;
}

static int costliest_first(const void *left, const void *right)
{
    const struct edge *a = left, *b = right;
    int order = call_columns_order(&a->stats, &b->stats);

    if (order != 0)
        return order;
    if (is_empty(a) != is_empty(b))
        return is_empty(a) ? 1 : -1;
    if (a->caller.i != b->caller.i)
        return a->caller.i < b->caller.i ? -1 : 1;
    return a->function.i < b->function.i ? -1 : 1;
}

static void add_row(struct table *t, struct calls *c, const struct edge *edge)
{
    struct names *names = &c->selection.names;
    struct function_name caller = {"", "", "", "", 0};
    struct function_name function = names_of(names, edge->function);

    if (edge->caller.i != 0)
        caller = names_of(names, edge->caller);
    call_columns_add(t, &edge->stats, c->spans.told_ns);
    table_text(t, caller.name);
    table_text(t, function.name);
    if (function.first_line > 0)
        table_printf(t, "%s:%u", function.file, function.first_line);
    else
        table_text(t, function.file);
    table_text(t, caller.file);
    table_text(t, caller.path);
    table_count(t, caller.first_line);
    table_text(t, function.file);
    table_text(t, function.path);
    table_count(t, function.first_line);
}

static void write_edges(struct calls *c, struct edges *edges, const struct report_options *options,
                        struct out *o)
{
    struct table table;
    size_t count = edges->list.len;

    if (count > 0)
        qsort(edges->list.data, count, sizeof(struct edge), costliest_first);
    while (count > 0 && is_empty(vec_at(&edges->list, count - 1)))
        count--;
    table_init(&table, columns);
    size_t rows = sheet_rows(options, count);
    for (size_t i = 0; i < rows; i++)
        add_row(&table, c, vec_at(&edges->list, i));
    sheet_write_calls("calls", c, &table, count - rows, options, o);
    table_release(&table);
}

int call_edges_write(struct calls *c, const struct report_options *options, struct out *o,
                     struct err *err)
{
    static const struct spans_visitor visitor = {.enter = on_enter, .leave = on_leave};
    struct edges edges;

    map_init(&edges.numbers);
    vec_init(&edges.list, sizeof(struct edge));
    vec_init(&edges.open, sizeof(uint32_t));
    int result = calls_follow(c, &visitor, &edges, err);
    if (result == 0)
        write_edges(c, &edges, options, o);
    for (size_t i = 0; i < edges.list.len; i++)
        call_stats_release(&((struct edge *)vec_at(&edges.list, i))->stats);
    vec_release(&edges.list);
    vec_release(&edges.open);
    map_release(&edges.numbers);
    return result;
}
