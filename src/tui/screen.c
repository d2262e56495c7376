/* Knows ncurses, and nobody else does. Missing terminal descriptions are an error that is told, never
 * an exit from inside the library. */
#include "tui/screen.h"

#include <curses.h>
#include <stdlib.h>
#include <term.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tui/key.h"

enum { SCREEN_ESCAPE_WAIT_MS = 25, PAIR_HOT = 1, PAIR_WARM = 2 };

struct screen {
    SCREEN *curses;
    FILE *keyboard; /* where standard input is none; else NULL */
    attr_t attributes[STYLES];
};

static int check_terminal(struct err *err)
{
    const char *name = getenv("TERM");
    int found = 0;
    if (!isatty(STDOUT_FILENO))
        return err_set(err, STATUS_FAIL, "standard output is no terminal");
    if (!name || !name[0])
        return err_set(err, STATUS_FAIL, "TERM is not set");
    if (setupterm(name, STDOUT_FILENO, &found) == ERR)
        return err_set(err, STATUS_FAIL, "nothing is known here of the terminal '%s'", name);
    bool moves = cursor_address && clear_screen;
    del_curterm(cur_term);
    return moves ? 0 : err_set(err, STATUS_FAIL, "the terminal '%s' cannot move its cursor", name);
}

static void choose_attributes(struct screen *s, bool color)
{
    s->attributes[STYLE_BOLD] = A_BOLD;
    s->attributes[STYLE_BAR] = A_REVERSE;
    s->attributes[STYLE_SELECTED] = A_REVERSE | A_BOLD;
    s->attributes[STYLE_HOT] = A_BOLD;
    if (!color || !has_colors())
        return;
    start_color();
    use_default_colors();
    init_pair(PAIR_HOT, COLOR_RED, -1);
    init_pair(PAIR_WARM, COLOR_YELLOW, -1);
    s->attributes[STYLE_HOT] = A_BOLD | COLOR_PAIR(PAIR_HOT);
    s->attributes[STYLE_WARM] = COLOR_PAIR(PAIR_WARM);
    s->attributes[STYLE_DIM] = A_DIM;
}

struct screen *screen_open(bool color, struct err *err)
{
    if (check_terminal(err))
        return NULL;
    unsetenv("LINES"); /* ncurses would believe them even when the window has changed */
    unsetenv("COLUMNS");
    FILE *keyboard = isatty(STDIN_FILENO) ? NULL : fopen("/dev/tty", "re");
    SCREEN *curses = newterm(NULL, stdout, keyboard ? keyboard : stdin);
    if (!curses) {
        if (keyboard)
            fclose(keyboard);
        err_set(err, STATUS_FAIL, "the terminal cannot be used");
        return NULL;
    }
    struct screen *s = alloc_zeroed(1, sizeof(*s));
    s->curses = curses;
    s->keyboard = keyboard;
    cbreak();
    noecho();
    nonl();
    curs_set(0);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(SCREEN_ESCAPE_WAIT_MS);
    choose_attributes(s, color);
    return s;
}

void screen_close(struct screen *s)
{
    if (!s)
        return;
    endwin();
    delscreen(s->curses);
    if (s->keyboard)
        fclose(s->keyboard);
    free(s);
}

int screen_keyboard(const struct screen *s)
{
    return s->keyboard ? fileno(s->keyboard) : isatty(STDIN_FILENO) ? STDIN_FILENO : -1;
}

void screen_size(const struct screen *s, uint32_t *ret_rows, uint32_t *ret_columns)
{
    (void)s;
    *ret_rows = LINES > 0 ? (uint32_t)LINES : 1;
    *ret_columns = COLS > 0 ? (uint32_t)COLS : 1;
}

void screen_show(struct screen *s, const struct grid *g)
{
    erase();
    for (size_t i = 0; i < g->spans.len; i++) {
        const struct grid_span *span = vec_at(&g->spans, i);
        attrset(s->attributes[span->style]);
        mvaddstr((int)span->row, (int)span->column, grid_span_text(g, span));
    }
    attrset(A_NORMAL);
    refresh();
}

void screen_repaint(struct screen *s)
{
    (void)s;
    clearok(curscr, TRUE);
}

int screen_key(struct screen *s)
{
    static const struct {
        int curses, key;
    } keys[] = {
        {KEY_UP, TOP_KEY_UP},
        {KEY_DOWN, TOP_KEY_DOWN},
        {KEY_LEFT, TOP_KEY_LEFT},
        {KEY_RIGHT, TOP_KEY_RIGHT},
        {KEY_PPAGE, TOP_KEY_PAGE_UP},
        {KEY_NPAGE, TOP_KEY_PAGE_DOWN},
        {KEY_HOME, TOP_KEY_HOME},
        {KEY_END, TOP_KEY_END},
        {KEY_ENTER, TOP_KEY_ENTER},
        {'\r', TOP_KEY_ENTER},
        {'\n', TOP_KEY_ENTER},
        {'\033', TOP_KEY_ESCAPE},
        {KEY_BACKSPACE, TOP_KEY_BACKSPACE},
        {0x7f, TOP_KEY_BACKSPACE},
        {'\b', TOP_KEY_BACKSPACE},
        {KEY_RESIZE, TOP_KEY_REPAINT},
    };
    (void)s;
    int got = getch();
    if (got == ERR)
        return -1;
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (keys[i].curses == got)
            return keys[i].key;
    return got < 0x100 ? got : 0;
}
