/* The table, the cursor in it and the line of keys. */
#include "tui/draw.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum {
    FIGURES_COLUMNS = 36, /* the four figures */
    THREAD_COLUMNS_MIN = 16,
    THREAD_COLUMNS_MAX = 30,
    THREAD_COLUMNS_ID = 20, /* with less only the name is shown */
    ROOM_MIN = 12           /* for a function's name, before its file is given less */
};

static const double hot_percent = 20, warm_percent = 5;

/* How many columns a thread's name gets. */
static uint32_t thread_columns(const struct grid *g)
{
    uint32_t columns = g->columns / 5;
    return columns < THREAD_COLUMNS_MIN   ? THREAD_COLUMNS_MIN
           : columns > THREAD_COLUMNS_MAX ? THREAD_COLUMNS_MAX
                                          : columns;
}

static void draw_headings(struct grid *g, const struct top *t, uint32_t row)
{
    static const struct {
        const char *text;
        int columns;
    } titles[TOP_COLUMNS] = {{"%Own", 7}, {"%Total", 8}, {"OwnTime", 10}, {"TotalTime", 11}};
    uint32_t column = 0;
    for (int i = 0; i < TOP_COLUMNS; i++) {
        char text[16];
        bool sorted = !t->plain && (int)t->sort == i;
        snprintf(text, sizeof(text), "%s%s", sorted ? "▼" : "", titles[i].text);
        int blanks = titles[i].columns - (int)display_columns(text);
        column = grid_printf(g, row, column, STYLE_BAR, "%*s%s", blanks, "", text);
    }
    if (t->threads)
        column =
            grid_printf(g, row, column, STYLE_BAR, "  %-*s", (int)thread_columns(g) - 2, "Thread");
    column = grid_printf(g, row, column, STYLE_BAR, "  %s", t->lines ? "Line" : "Function");
    grid_fill(g, row, column, STYLE_BAR);
}

/* "name (file:line)", the name cut at its end and the file at its beginning. */
static uint32_t draw_place(struct grid *g, uint32_t row, uint32_t column, enum style style,
                           const struct live_row *r)
{
    char line[16] = "";
    struct str place = STR_EMPTY;
    if (r->line)
        snprintf(line, sizeof(line), ":%u", r->line);
    str_printf(&place, "%s%s", r->file, r->file[0] ? line : "");
    uint32_t room = column < g->columns ? g->columns - column : 0;
    uint32_t name = (uint32_t)display_columns(r->name);
    uint32_t file = (uint32_t)display_columns(place.data) + 3;
    if (name + file > room) {
        uint32_t least = room / 2 > ROOM_MIN ? room / 2 : ROOM_MIN;
        uint32_t beside = room > file ? room - file : 0;
        name = name < least ? name : beside > least ? beside : least;
    }
    column = grid_text(g, row, column, name, style, DISPLAY_CUT_END, r->name);
    if (r->file[0] && column + 4 < g->columns) {
        enum style dim = style == STYLE_PLAIN ? STYLE_DIM : style;
        column = grid_printf(g, row, column, dim, " (");
        column =
            grid_text(g, row, column, g->columns - column - 1, dim, DISPLAY_CUT_START, place.data);
        column = grid_printf(g, row, column, dim, ")");
    }
    str_release(&place);
    return column;
}

static uint32_t draw_percent(struct grid *g, uint32_t row, uint32_t column, int columns,
                             enum style style, double percent)
{
    if (style == STYLE_PLAIN && percent >= hot_percent)
        style = STYLE_HOT;
    else if (style == STYLE_PLAIN && percent >= warm_percent)
        style = STYLE_WARM;
    return grid_printf(g, row, column, style, "%*.1f%%", columns - 1, percent);
}

static uint32_t draw_time(struct grid *g, uint32_t row, uint32_t column, int columns,
                          enum style style, uint64_t ns)
{
    double s = (double)ns / NS_PER_S;
    return grid_printf(g, row, column, style, "%*.*fs", columns - 1, s < 1e5 ? 2 : 0, s);
}

static uint32_t draw_thread(struct grid *g, uint32_t row, uint32_t column, enum style style,
                            const struct live_thread *thread)
{
    struct str text = STR_EMPTY;
    uint32_t room = thread_columns(g), end = column + room;
    if (room < THREAD_COLUMNS_ID && thread->name[0])
        str_add(&text, thread->name);
    else
        str_printf(&text, "%u %s", thread->tid, thread->name);
    column = grid_printf(g, row, column, style, "  ");
    column = grid_text(g, row, column, room - 2, style, DISPLAY_CUT_END, text.data);
    str_release(&text);
    return grid_printf(g, row, column, style, "%*s", (int)(end - column), "");
}

static void draw_row(struct grid *g, uint32_t row, enum style style, const struct top *t,
                     const struct list_item *item, const struct live *l)
{
    uint32_t column = draw_percent(g, row, 0, 7, style, item->own_percent);
    column = draw_percent(g, row, column, 8, style, item->percent);
    column = draw_time(g, row, column, 10, style, item->since.own_ns);
    column = draw_time(g, row, column, 11, style, item->since.total_ns);
    if (t->threads)
        column = draw_thread(g, row, column, style, item->name);
    column = grid_printf(g, row, column, style, "  ");
    column = draw_place(g, row, column, style, vec_at(&l->rows, item->row));
    if (style == STYLE_SELECTED)
        grid_fill(g, row, column, style);
}

static void draw_edge(struct grid *g, uint32_t row, enum style style, const struct top *t,
                      const struct list_item *item, const struct live *l)
{
    bool caller = item->kind == LIST_CALLER;
    struct live_row nobody = {.name = caller ? "(nobody: it is outermost)" : "(its own code)",
                              .file = ""};
    uint32_t indent = FIGURES_COLUMNS + (t->threads ? thread_columns(g) : 0);
    uint32_t column = grid_printf(g, row, 0, style, "%15s", "");
    column = draw_time(g, row, column, 21, style, item->since.total_ns);
    column = grid_printf(g, row, column, style, "%*s", (int)(indent - column), "");
    column = grid_printf(g, row, column, style, "  %s%5.1f%%  ", caller ? "  ↑ " : "  ↓ ",
                         item->percent);
    column = draw_place(g, row, column, style,
                        item->row == UINT32_MAX ? &nobody : vec_at(&l->rows, item->row));
    if (style == STYLE_SELECTED)
        grid_fill(g, row, column, style);
}

static uint32_t find_expanded(const struct top *t, const struct list *list)
{
    for (uint32_t i = 0; i < list->items.len; i++) {
        const struct list_item *item = vec_at(&list->items, i);
        if (item->kind == LIST_ROW && item->row == t->expanded_row &&
            item->thread == t->expanded_thread)
            return i;
    }
    return t->cursor;
}

static void settle_cursor(struct top *t, const struct list *list, uint32_t page)
{
    uint32_t count = (uint32_t)list->items.len;
    if (t->expanded && t->follow)
        t->cursor = find_expanded(t, list);
    if (t->cursor >= count)
        t->cursor = count ? count - 1 : 0;
    if (t->scroll > t->cursor)
        t->scroll = t->cursor;
    if (page && t->cursor - t->scroll >= page)
        t->scroll = t->cursor - page + 1;
    if (t->scroll + page > count)
        t->scroll = count > page ? count - page : 0;
    t->page = page;
    t->selected = count > 0;
    if (!count)
        return;
    const struct list_item *item = vec_at(&list->items, t->cursor);
    for (uint32_t i = t->cursor; item->kind != LIST_ROW && i-- > 0;)
        item = vec_at(&list->items, i); /* an edge belongs to the row above */
    t->selected_row = item->row;
    t->selected_thread = item->thread;
}

static void draw_table(struct grid *g, uint32_t first_row, uint32_t rows, const struct top *t,
                       const struct list *list, const struct live *l)
{
    for (uint32_t i = 0; i < rows && t->scroll + i < list->items.len; i++) {
        const struct list_item *item = vec_at(&list->items, t->scroll + i);
        bool under = !t->plain && t->scroll + i == t->cursor;
        enum style style = under ? STYLE_SELECTED : STYLE_PLAIN;
        (item->kind == LIST_ROW ? draw_row : draw_edge)(g, first_row + i, style, t, item, l);
    }
}

static void draw_keys(struct grid *g, const struct top *t, const struct list *list)
{
    uint32_t row = g->rows - 1;
    if (t->typing) {
        uint32_t column = grid_printf(g, row, 0, STYLE_BOLD, "/%s_", t->typed);
        grid_printf(g, row, column, STYLE_DIM, "   Enter keeps the filter, Esc leaves it");
        return;
    }
    uint32_t column = 0;
    if (t->filter[0])
        column = grid_printf(g, row, 0, STYLE_WARM, "/%s: %zu rows, Esc shows all  ", t->filter,
                             list->items.len);
    const char *const keys[] = {"q quit",
                                "? help",
                                "1-4 sort",
                                "/ filter",
                                "Enter calls",
                                t->lines ? "L functions" : "L lines",
                                t->threads ? "t together" : "t threads",
                                t->paused ? "p go on" : "p pause",
                                "r reset",
                                "c CPU/GIL/all",
                                "w now/since start"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (column + strlen(keys[i]) <= g->columns)
            column = grid_printf(g, row, column, STYLE_DIM, "%s  ", keys[i]);
}

void draw(struct grid *g, uint32_t rows, uint32_t columns, struct top *t, const struct list *list,
          const struct live *l, const struct facts *f)
{
    uint32_t above = DRAW_HEAD_ROWS + 1, below = t->plain ? 0 : 1;
    grid_begin(g, rows, columns);
    uint32_t page = rows > above + below ? rows - above - below : 0;
    draw_head(g, t, l, f);
    if (t->help) {
        draw_help(g, DRAW_HEAD_ROWS);
        return;
    }
    draw_headings(g, t, DRAW_HEAD_ROWS);
    settle_cursor(t, list, page);
    draw_table(g, above, page, t, list, l);
    if (!list->items.len && f->note)
        grid_printf(g, above + 1, 2, STYLE_PLAIN, "%s", f->note);
    if (!t->plain && rows > above)
        draw_keys(g, t, list);
}
