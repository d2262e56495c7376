/* `--tree`: who calls whom. As text, what is below one percent is left out. As data, every node is a
 * row. */
#include "report/tree.h"

#include "analysis/calltree.h"
#include "report/branches.h"
#include "report/sheet.h"

static const struct column columns[] = {
    {.key = "total_percent", .title = "Total", .kind = COLUMN_SHARE},
    {.key = "own_percent", .title = "Own", .kind = COLUMN_SHARE},
    {.key = "total_s", .title = "Time", .kind = COLUMN_TIME},
    {.key = "own_s", .title = "", .kind = COLUMN_TIME, .use = COLUMN_DATA},
    {.key = "total_samples", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {.key = "own_samples", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {.key = "bar", .title = "", .use = COLUMN_SHOWN, .dim = true},
    {.key = "shown", .title = "Call", .use = COLUMN_SHOWN},
    {.key = "id", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {.key = "parent", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {.key = "depth", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {.key = "call", .title = "", .use = COLUMN_DATA},
    {.key = "function", .title = "", .use = COLUMN_DATA},
    {.key = "file", .title = "", .use = COLUMN_DATA},
    {.key = "path", .title = "", .use = COLUMN_DATA},
    {.key = "line", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {0},
};

struct tree {
    struct calltree calls;
    uint64_t least_ns; /* colder nodes are left out */
    struct branches branches;
};

static const struct view_node *stack_at(const struct tree *t, uint32_t node)
{
    return vec_at(&t->calls.view->nodes, node);
}

static bool is_shown(const struct tree *t, uint32_t node)
{
    return t->calls.nodes[node].total_ns >= t->least_ns;
}

static uint32_t next_shown(const struct tree *t, uint32_t node)
{
    do
        node = calltree_next(&t->calls, node, is_shown(t, node));
    while (node != 0 && !is_shown(t, node));
    return node;
}

/* Siblings stand heaviest first: if the next is too cold to be shown, all after it are. */
static bool is_last(const struct tree *t, uint32_t node)
{
    uint32_t next = t->calls.nodes[node].sibling;

    return next == 0 || !is_shown(t, next);
}

static bool is_lone(const struct tree *t, uint32_t node)
{
    return is_last(t, node) && t->calls.nodes[stack_at(t, node)->parent].child == node;
}

static void add_row(struct table *rows, struct tree *t, uint32_t node, bool drawn)
{
    const struct view *v = t->calls.view;
    const struct view_frame *frame = calltree_frame(&t->calls, node);
    uint64_t total_ns = t->calls.nodes[node].total_ns, own_ns = t->calls.nodes[node].self_ns;
    struct str bar = STR_EMPTY, call = STR_EMPTY;

    if (drawn) {
        uint32_t depth = stack_at(t, node)->depth;
        branches_add_bar(&bar, total_ns, v->total_ns);
        branches_follow(&t->branches, depth, is_lone(t, node), is_last(t, node));
        branches_add_prefix(&call, &t->branches, depth);
    }
    table_share(rows, total_ns, v->total_ns);
    table_share(rows, own_ns, v->total_ns);
    table_time(rows, total_ns);
    table_time(rows, own_ns);
    table_count(rows, view_count(v, total_ns));
    table_count(rows, view_count(v, own_ns));
    table_printf(rows, "%s", bar.data != NULL ? bar.data : "");
    table_printf(rows, "%s%s", call.data != NULL ? call.data : "", frame->label);
    table_count(rows, node);
    table_count(rows, stack_at(t, node)->parent);
    table_count(rows, stack_at(t, node)->depth);
    table_text(rows, frame->label);
    table_text(rows, frame->name);
    table_text(rows, frame->file);
    table_text(rows, frame->path);
    table_count(rows, frame->line);
    str_release(&bar);
    str_release(&call);
}

int tree_write(const struct view *v, const struct report_options *options, struct out *o,
               struct err *err)
{
    struct tree tree = {0};
    struct table rows;
    bool drawn = options->format == REPORT_TEXT;
    size_t left_out = 0;

    (void)err;
    calltree_init(&tree.calls, v);
    tree.least_ns = drawn ? (v->total_ns + BRANCHES_PART - 1) / BRANCHES_PART : 0;
    table_init(&rows, columns);
    for (uint32_t node = next_shown(&tree, 0); node != 0; node = next_shown(&tree, node)) {
        if (options->limit == 0 || table_rows(&rows) < options->limit)
            add_row(&rows, &tree, node, drawn);
        else
            left_out++;
    }
    sheet_write("tree", v, &rows, left_out, options, o);
    table_release(&rows);
    calltree_release(&tree.calls);
    return 0;
}
