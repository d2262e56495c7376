/* `--tree` of calls: a row per function and the functions that are open around it. As text, what is
 * below one percent is left out. */
#include "report/call_tree.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/map.h"
#include "report/branches.h"
#include "report/call_columns.h"
#include "report/sheet.h"

enum {
    NODES_MAX = 1 << 19
}; /* calls that would make one more are not told apart from their caller */

static const struct column columns[] = {
    CALL_COLUMNS(COLUMN_DATA),
    {.key = "bar", .title = "", .use = COLUMN_SHOWN, .dim = true},
    {.key = "shown", .title = "Call", .use = COLUMN_SHOWN},
    {.key = "id", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {.key = "parent", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {.key = "depth", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {.key = "function", .title = "", .use = COLUMN_DATA},
    {.key = "file", .title = "", .use = COLUMN_DATA},
    {.key = "path", .title = "", .use = COLUMN_DATA},
    {.key = "first_line", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {0},
};

struct node {
    struct function_id function;
    uint32_t parent, depth;  /* a parent precedes its children; 0 = the root of all */
    uint32_t child, sibling; /* the most expensive child, the next cheaper sibling; 0 = none */
    struct call_stats stats;
};

struct call_tree {
    struct map children; /* parent, function → node */
    struct vec nodes;    /* of struct node */
    uint32_t at;         /* the node of the innermost open call */
    uint32_t beyond;     /* open calls around which there was no room for a node */
    uint64_t least_ns;   /* cheaper nodes are not shown */
    struct branches branches;
};

static struct node *node_at(const struct call_tree *t, uint32_t i)
{
    return vec_at(&t->nodes, i);
}

static void on_enter(void *context, const struct span *span)
{
    struct call_tree *t = context;
    uint64_t key = (uint64_t)t->at << 32 | span->function.i;
    uint32_t parent = t->at, depth = node_at(t, parent)->depth + 1;

    if (t->beyond > 0 || (!map_find(&t->children, key, &t->at) && t->nodes.len == NODES_MAX)) {
        t->beyond++;
        return;
    }
    if (t->at != parent)
        return;
    t->at = (uint32_t)t->nodes.len;
    map_put(&t->children, key, t->at);
    *(struct node *)vec_push(&t->nodes) =
        (struct node){.function = span->function, .parent = parent, .depth = depth};
}

static void on_leave(void *context, const struct span *span)
{
    struct call_tree *t = context;
    struct span call = *span;

    call.recursive = false; /* a node is never within itself */
    if (t->beyond > 0) {
        t->beyond--;
        node_at(t, t->at)->stats.self_ns += span->self_ns;
        return;
    }
    if (!span->brief)
        call_stats_add(&node_at(t, t->at)->stats, &call);
    t->at = node_at(t, t->at)->parent;
}

static int cheapest_first(const void *left, const void *right, void *context)
{
    const struct node *nodes = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    if (nodes[a].stats.total_ns != nodes[b].stats.total_ns)
        return nodes[a].stats.total_ns < nodes[b].stats.total_ns ? -1 : 1;
    return a < b ? 1 : -1;
}

/* Cheapest first over the whole tree: pushing each to the front of its parent's list leaves every
 * list most expensive first. */
static void link_children(struct call_tree *t)
{
    size_t count = t->nodes.len - 1;
    uint32_t *order = alloc_zeroed(count + 1, sizeof *order);

    for (uint32_t i = 0; i < count; i++)
        order[i] = i + 1;
    qsort_r(order, count, sizeof *order, cheapest_first, t->nodes.data);
    for (size_t i = 0; i < count; i++) {
        struct node *node = node_at(t, order[i]);
        if (node->stats.durations.count == 0)
            continue; /* all its calls were brief, and so were those they made */
        struct node *parent = node_at(t, node->parent);
        node->sibling = parent->child;
        parent->child = order[i];
    }
    free(order);
}

static bool is_shown(const struct call_tree *t, uint32_t i)
{
    return i != 0 && node_at(t, i)->stats.total_ns >= t->least_ns;
}

/* In preorder; siblings stand most expensive first: if one is not shown, those after it are not. */
static uint32_t next_shown(const struct call_tree *t, uint32_t i)
{
    if (is_shown(t, node_at(t, i)->child))
        return node_at(t, i)->child;
    while (i != 0 && !is_shown(t, node_at(t, i)->sibling))
        i = node_at(t, i)->parent;
    return i != 0 ? node_at(t, i)->sibling : 0;
}

static void add_drawing(struct table *rows, struct call_tree *t, uint32_t i, uint64_t whole_ns,
                        const char *label)
{
    const struct node *node = node_at(t, i);
    bool last = !is_shown(t, node->sibling), lone = last && node_at(t, node->parent)->child == i;
    struct str bar = STR_EMPTY, call = STR_EMPTY;

    branches_add_bar(&bar, node->stats.total_ns, whole_ns);
    branches_follow(&t->branches, node->depth, lone, last);
    branches_add_prefix(&call, &t->branches, node->depth);
    table_printf(rows, "%s", bar.data != NULL ? bar.data : "");
    table_printf(rows, "%s%s", call.data != NULL ? call.data : "", label);
    str_release(&bar);
    str_release(&call);
}

static void add_row(struct table *rows, struct call_tree *t, struct calls *c, uint32_t i)
{
    const struct node *node = node_at(t, i);
    struct function_name name = names_of(&c->selection.names, node->function);

    call_columns_add(rows, &node->stats, c->spans.told_ns);
    add_drawing(rows, t, i, c->spans.told_ns, name.label);
    table_count(rows, i);
    table_count(rows, node->parent);
    table_count(rows, node->depth);
    table_text(rows, name.name);
    table_text(rows, name.file);
    table_text(rows, name.path);
    table_count(rows, name.first_line);
}

static void write_tree(struct call_tree *t, struct calls *c, const struct report_options *options,
                       struct out *o)
{
    struct table rows;
    size_t left_out = 0;

    link_children(t);
    if (options->format == REPORT_TEXT)
        t->least_ns = (c->spans.told_ns + BRANCHES_PART - 1) / BRANCHES_PART;
    table_init(&rows, columns);
    for (uint32_t i = next_shown(t, 0); i != 0; i = next_shown(t, i)) {
        if (options->limit == 0 || table_rows(&rows) < options->limit)
            add_row(&rows, t, c, i);
        else
            left_out++;
    }
    sheet_write_calls("tree", c, &rows, left_out, options, o);
    table_release(&rows);
}

int call_tree_write(struct calls *c, const struct report_options *options, struct out *o,
                    struct err *err)
{
    static const struct spans_visitor visitor = {.enter = on_enter, .leave = on_leave};
    struct call_tree tree = {0};

    map_init(&tree.children);
    vec_init(&tree.nodes, sizeof(struct node));
    vec_push(&tree.nodes);
    int result = calls_follow(c, &visitor, &tree, err);
    if (result == 0)
        write_tree(&tree, c, options, o);
    for (size_t i = 0; i < tree.nodes.len; i++)
        call_stats_release(&node_at(&tree, (uint32_t)i)->stats);
    vec_release(&tree.nodes);
    map_release(&tree.children);
    return result;
}
