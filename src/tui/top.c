/* One key, one change. Knows nothing of terminals. */
#include "tui/top.h"

#include <string.h>

void top_init(struct top *t, const struct query *query)
{
    *t = (struct top){
        .sort = TOP_OWN_TIME,
        .class = query->mode == QUERY_GIL                   ? LIVE_GIL
                 : query->mode == QUERY_WALL && query->idle ? LIVE_WALL
                                                            : LIVE_CPU,
        .threads = query->threads,
    };
}

static void type(struct top *t, int key)
{
    size_t len = strlen(t->typed);
    switch (key) {
    case TOP_KEY_ENTER:
        memcpy(t->filter, t->typed, sizeof(t->filter));
        t->typing = false;
        t->cursor = t->scroll = 0;
        break;
    case TOP_KEY_ESCAPE:
        t->typing = false;
        break;
    case TOP_KEY_BACKSPACE:
        while (len && (t->typed[len - 1] & 0xc0) == 0x80)
            t->typed[--len] = '\0';
        if (len)
            t->typed[len - 1] = '\0';
        break;
    case 'U' - '@':
        t->typed[0] = '\0';
        break;
    default: /* a byte of a character */
        if (key >= ' ' && key < 0x100 && key != 0x7f && len + 1 < sizeof(t->typed)) {
            t->typed[len] = (char)key;
            t->typed[len + 1] = '\0';
        }
    }
}

static void move(struct top *t, int rows)
{
    t->follow = false;
    t->cursor = rows < 0 && t->cursor < (uint32_t)-rows ? 0 : t->cursor + (uint32_t)rows;
}

static void sort_beside(struct top *t, int step)
{
    t->sort = (enum top_column)(((int)t->sort + step + TOP_COLUMNS) % TOP_COLUMNS);
}

static void expand(struct top *t, const struct live *l)
{
    bool again = t->expanded && t->expanded_row == t->selected_row &&
                 t->expanded_thread == t->selected_thread;
    t->expanded = t->follow = t->selected && !again;
    t->expanded_row = t->selected_row;
    t->expanded_thread = t->selected_thread;
    t->expanded_generation = l->generation;
}

static void toggle_view(struct top *t, bool *view)
{
    *view = !*view;
    t->expanded = false;
    t->cursor = t->scroll = 0;
}

static enum top_action move_key(struct top *t, int key)
{
    int page = t->page > 1 ? (int)t->page - 1 : 1;
    switch (key) {
    case TOP_KEY_UP:
    case 'k':
        move(t, -1);
        return TOP_DRAW;
    case TOP_KEY_DOWN:
    case 'j':
        move(t, 1);
        return TOP_DRAW;
    case TOP_KEY_PAGE_UP:
        move(t, -page);
        return TOP_DRAW;
    case TOP_KEY_PAGE_DOWN:
        move(t, page);
        return TOP_DRAW;
    case TOP_KEY_HOME:
        t->follow = false;
        t->cursor = 0;
        return TOP_DRAW;
    case TOP_KEY_END:
        t->follow = false;
        t->cursor = INT32_MAX; /* drawing knows the last row */
        return TOP_DRAW;
    default:
        return TOP_NOTHING;
    }
}

static enum top_action view_key(struct top *t, int key, const struct live *l)
{
    switch (key) {
    case '1':
    case '2':
    case '3':
    case '4':
        t->sort = (enum top_column)(key - '1');
        return TOP_DRAW;
    case '<':
    case TOP_KEY_LEFT:
        sort_beside(t, -1);
        return TOP_DRAW;
    case '>':
    case TOP_KEY_RIGHT:
        sort_beside(t, 1);
        return TOP_DRAW;
    case 'l':
    case 'L':
        toggle_view(t, &t->lines);
        return TOP_DRAW;
    case 't':
        toggle_view(t, &t->threads);
        return TOP_DRAW;
    case 'c':
        t->class = (enum live_class)((t->class + 1) % LIVE_CLASSES);
        return TOP_DRAW;
    case 'w':
        t->span = t->span == LIVE_NOW ? LIVE_SINCE : LIVE_NOW;
        return TOP_DRAW;
    case TOP_KEY_ENTER:
        expand(t, l);
        return TOP_DRAW;
    case '/':
        t->typing = true;
        memcpy(t->typed, t->filter, sizeof(t->typed));
        return TOP_DRAW;
    case TOP_KEY_ESCAPE: /* back, one step at a time */
        if (t->expanded)
            t->expanded = false;
        else
            t->filter[0] = '\0';
        return TOP_DRAW;
    default:
        return move_key(t, key);
    }
}

enum top_action top_key(struct top *t, int key, const struct live *l)
{
    if (key == TOP_KEY_REPAINT || key == 'L' - '@')
        return TOP_REPAINT;
    if (t->typing) {
        type(t, key);
        return TOP_DRAW;
    }
    switch (key) {
    case 'q':
    case 'Q':
        return TOP_QUIT;
    case '?':
    case 'h':
        t->help = !t->help;
        return TOP_DRAW;
    case 'p':
    case 'P':
        t->paused = !t->paused;
        return TOP_PAUSE;
    case 'r':
    case 'R':
        return TOP_RESET;
    }
    if (t->help) { /* any other key leads back */
        t->help = false;
        return TOP_DRAW;
    }
    return view_key(t, key, l);
}
