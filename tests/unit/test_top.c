#include <locale.h>

#include "lives.h"
#include "tui/draw.h"

/* A program with four threads: three that wait and one that computes, 3 : 1. */
struct fixture {
    struct lives lives;
    struct top top;
    struct list list;
    struct grid grid;
    struct facts facts;
    struct str line;
};

static struct fixture fixture_new(void)
{
    static const struct query query = {0};
    struct fixture f = {.lives = lives_new(&query)};
    struct lives *s = &f.lives;
    uint32_t main_s = lives_stack(s, 0, lives_function(s, "<module>", "/app/main.py", 1), 40);
    uint32_t heavy = lives_stack(s, main_s, lives_function(s, "heavy", "/app/work.py", 10), 14);
    uint32_t light = lives_stack(s, main_s, lives_function(s, "light", "/app/work.py", 20), 25);
    uint32_t wait = lives_stack(s, 0, lives_function(s, "wait", "/app/work.py", 30), 31);
    for (uint32_t id = 2; id <= 4; id++)
        lives_thread(s, id, 1, 100 + id, "waiter");
    for (int i = 0; i < 100; i++) {
        lives_tick(s, 1);
        lives_sample(s, 1, i % 4 ? heavy : light, SAMPLE_ON_CPU | SAMPLE_GIL_HELD);
        for (uint32_t id = 2; id <= 4; id++)
            lives_sample(s, id, wait, 0);
    }
    live_turn(s->live);
    top_init(&f.top, &query);
    list_init(&f.list);
    grid_init(&f.grid);
    f.facts = (struct facts){.command = "python main.py",
                             .python = "3.12.3",
                             .pid = 100,
                             .elapsed_ns = 3661 * (uint64_t)NS_PER_S,
                             .window_ns = NS_PER_S,
                             .asked_hz = 100,
                             .achieved_hz = 99.5,
                             .samples = 400,
                             .rejected = 2,
                             .truncated = 1,
                             .threads = 4,
                             .processes = 1,
                             .cpu_percent = 98.5,
                             .gil_percent = 100,
                             .resident_bytes = 13 << 20,
                             .cpu_trend = {0, 50, 100},
                             .gil_trend = {100, 100, 100},
                             .trend_len = 3};
    return f;
}

static void fixture_release(struct fixture *f)
{
    live_free(f->lives.live);
    list_release(&f->list);
    grid_release(&f->grid);
    str_release(&f->line);
}

static void redraw(struct fixture *f, uint32_t rows, uint32_t columns)
{
    list_make(&f->list, &f->top, f->lives.live);
    draw(&f->grid, rows, columns, &f->top, &f->list, f->lives.live, &f->facts);
}

static const char *row(struct fixture *f, uint32_t number)
{
    str_clear(&f->line);
    grid_line(&f->grid, number, &f->line);
    return f->line.data ? f->line.data : "";
}

static enum top_action press(struct fixture *f, int key)
{
    enum top_action action = top_key(&f->top, key, f->lives.live);
    redraw(f, 24, 80);
    return action;
}

static void type_text(struct fixture *f, const char *text)
{
    for (; *text; text++)
        assert_int_equal(press(f, (unsigned char)*text), TOP_DRAW);
}

/* The functions of the rows, from the top, as "a b c". */
static const char *order(struct fixture *f)
{
    str_clear(&f->line);
    for (size_t i = 0; i < f->list.items.len; i++) {
        const struct list_item *item = vec_at(&f->list.items, i);
        const char *mark = item->kind == LIST_CALLER ? "^" : item->kind == LIST_CALLEE ? "v" : "";
        const struct live_row *r =
            item->row == UINT32_MAX ? NULL : vec_at(&f->lives.live->rows, item->row);
        str_printf(&f->line, "%s%s%s", i ? " " : "", mark, r ? r->name : "-");
    }
    return f->line.data ? f->line.data : "";
}

static void a_screen_of_80_by_24(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    redraw(&f, 24, 80);
    assert_string_equal(
        row(&f, 0),
        "python main.py                                   Python 3.12.3  pid 100  1:01:01");
    assert_string_equal(row(&f, 1), "Rate 99.5 of 100 Hz  Samples 400  Rejected 2  Truncated 1");
    assert_string_equal(row(&f, 2), "CPU  98.5% ▁▅█                           GIL 100.0% ███");
    assert_string_equal(
        row(&f, 3),
        "Threads 4 (1 active)  Processes 1  RSS 13.0 MiB          time on CPU, last 1.0 s");
    assert_string_equal(row(&f, 4), "   %Own  %Total  ▼OwnTime  TotalTime  Function");
    assert_string_equal(row(&f, 5), "  75.0%   75.0%     0.75s      0.75s  heavy (work.py:10)");
    assert_string_equal(row(&f, 6), "  25.0%   25.0%     0.25s      0.25s  light (work.py:20)");
    assert_string_equal(row(&f, 7), "   0.0%  100.0%     0.00s      1.00s  <module> (main.py:1)");
    assert_string_equal(row(&f, 8), "");
    assert_string_equal(row(&f, 23), "q quit  ? help  1-4 sort  / filter  Enter calls  L lines  "
                                     "t threads  p pause");
    fixture_release(&f);
}

/* Whatever the size, nothing stands outside and no text is split within a character. */
static void any_size(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    for (int threads = 0; threads < 2; threads++) {
        for (int help = 0; help < 2; help++) {
            for (uint32_t columns = 1; columns <= 210; columns += columns < 100 ? 1 : 11) {
                for (uint32_t rows = 1; rows <= 60; rows += rows < 12 ? 1 : 16) {
                    f.top.threads = threads;
                    f.top.help = help;
                    redraw(&f, rows, columns);
                    for (size_t i = 0; i < f.grid.spans.len; i++) {
                        const struct grid_span *span = vec_at(&f.grid.spans, i);
                        const char *text = grid_span_text(&f.grid, span);
                        assert_true(span->row < rows);
                        assert_true(span->column + display_columns(text) <= columns);
                    }
                }
            }
        }
    }
    fixture_release(&f);
}

static void keys_sort(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    redraw(&f, 24, 80);
    assert_string_equal(order(&f), "heavy light <module>");
    press(&f, '2');
    assert_string_equal(order(&f), "<module> heavy light");
    press(&f, '4');
    assert_string_equal(order(&f), "<module> heavy light");
    assert_string_equal(row(&f, 4), "   %Own  %Total   OwnTime ▼TotalTime  Function");
    press(&f, '>'); /* round to the first */
    assert_string_equal(order(&f), "heavy light <module>");
    assert_int_equal(f.top.sort, TOP_OWN_SHARE);
    press(&f, TOP_KEY_LEFT);
    assert_int_equal(f.top.sort, TOP_TOTAL_TIME);
    fixture_release(&f);
}

static void keys_choose(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    press(&f, 'L');
    assert_string_equal(row(&f, 5), "  75.0%   75.0%     0.75s      0.75s  heavy (work.py:14)");
    press(&f, 'L');
    press(&f, 'c');
    assert_string_equal(row(&f, 3), "Threads 4 (1 active)  Processes 1  RSS 13.0 MiB    time with "
                                    "the GIL, last 1.0 s");
    press(&f, 'c');
    assert_string_equal(order(&f), "wait heavy light <module>"); /* by the clock: waiting too */
    assert_string_equal(row(&f, 5), "  75.0%   75.0%     3.00s      3.00s  wait (work.py:30)");
    press(&f, 'c');
    press(&f, 't');
    assert_string_equal(row(&f, 5), "  75.0%   75.0%     0.75s      0.75s  MainThread      heavy "
                                    "(work.py:10)");
    press(&f, 'w');
    assert_int_equal(f.top.span, LIVE_SINCE);
    assert_non_null(strstr(row(&f, 3), "since start"));
    fixture_release(&f);
}

static void keys_filter(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    press(&f, '/');
    type_text(&f, "HEAVXq");
    assert_string_equal(order(&f), "");
    press(&f, TOP_KEY_BACKSPACE);
    press(&f, TOP_KEY_BACKSPACE);
    assert_string_equal(order(&f), "heavy"); /* while it is typed */
    press(&f, TOP_KEY_ENTER);
    assert_string_equal(order(&f), "heavy");
    assert_non_null(strstr(row(&f, 23), "/HEAV: 1 rows, Esc shows all"));
    press(&f, '/');
    type_text(&f, "x");
    press(&f, TOP_KEY_ESCAPE); /* what was there before */
    assert_string_equal(order(&f), "heavy");
    press(&f, TOP_KEY_ESCAPE);
    assert_string_equal(order(&f), "heavy light <module>");
    press(&f, '/');
    type_text(&f, "work.py");
    assert_string_equal(order(&f), "heavy light");
    press(&f, 'U' - '@');
    for (int i = 0; i < 200; i++) /* no longer than there is room */
        press(&f, 'a');
    assert_int_equal(strlen(f.top.typed), TOP_FILTER_BYTES_MAX - 1);
    press(&f, 'U' - '@');
    type_text(&f, "ä");
    press(&f, TOP_KEY_BACKSPACE); /* both bytes */
    assert_string_equal(f.top.typed, "");
    fixture_release(&f);
}

static void keys_filter_threads(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    press(&f, 't');
    press(&f, 'c');
    press(&f, 'c');
    assert_string_equal(order(&f), "wait wait wait heavy light <module>");
    press(&f, '/');
    type_text(&f, "103");
    press(&f, TOP_KEY_ENTER);
    assert_string_equal(order(&f), "wait");
    assert_string_equal(row(&f, 5), " 100.0%  100.0%     1.00s      1.00s  waiter          wait "
                                    "(work.py:30)");
    fixture_release(&f);
}

static void enter_expands(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    redraw(&f, 24, 80);
    press(&f, TOP_KEY_DOWN);
    press(&f, TOP_KEY_DOWN);
    press(&f, TOP_KEY_ENTER);
    assert_string_equal(order(&f), "heavy light <module> ^- vheavy vlight");
    assert_string_equal(row(&f, 8), "                               1.00s    ↑ 100.0%  (nobody: it "
                                    "is outermost)");
    assert_string_equal(row(&f, 9),
                        "                               0.75s    ↓  75.0%  heavy (work.py:10)");
    assert_int_equal(f.top.cursor, 2);
    press(&f, '2'); /* it goes up, and the cursor with it */
    assert_int_equal(f.top.cursor, 0);
    press(&f, TOP_KEY_DOWN);
    press(&f, TOP_KEY_ENTER); /* from below it: the row that the line belongs to */
    assert_string_equal(order(&f), "<module> heavy light");
    press(&f, TOP_KEY_HOME);
    press(&f, TOP_KEY_ENTER);
    press(&f, TOP_KEY_ESCAPE);
    assert_string_equal(order(&f), "<module> heavy light");
    fixture_release(&f);
}

/* The cursor never leaves the list, and is always to be seen. */
static void keys_move(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    char name[16];
    uint32_t stacks[100];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "f%02d", i);
        stacks[i] = lives_stack(&f.lives, 0, lives_function(&f.lives, name, "f.py", 1), 1);
    }
    for (int i = 0; i < 100; i++) {
        lives_tick(&f.lives, 1);
        lives_sample(&f.lives, 1, stacks[i], SAMPLE_ON_CPU);
    }
    live_turn(f.lives.live);
    static const int keys[] = {
        TOP_KEY_PAGE_DOWN, TOP_KEY_END,     TOP_KEY_DOWN, TOP_KEY_UP, TOP_KEY_PAGE_UP, TOP_KEY_HOME,
        TOP_KEY_UP,        TOP_KEY_PAGE_UP, 'j',          'k',        TOP_KEY_END,     '/'};
    static const uint32_t cursors[] = {17, 102, 102, 101, 84, 0, 0, 0, 1, 0, 102, 102};
    redraw(&f, 24, 80);
    assert_int_equal(f.list.items.len, 103);
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        press(&f, keys[i]);
        assert_int_equal(f.top.cursor, cursors[i]);
        assert_true(f.top.cursor >= f.top.scroll && f.top.cursor < f.top.scroll + f.top.page);
    }
    type_text(&f, "f9"); /* ten rows are left */
    assert_int_equal(f.top.cursor, 9);
    assert_int_equal(f.top.scroll, 0);
    redraw(&f, 6, 80); /* no row of the table to be seen but one */
    redraw(&f, 2, 80);
    fixture_release(&f);
}

static void keys_act(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    redraw(&f, 24, 80);
    assert_int_equal(press(&f, 'q'), TOP_QUIT);
    assert_int_equal(press(&f, 'r'), TOP_RESET);
    assert_int_equal(press(&f, 'p'), TOP_PAUSE);
    assert_true(f.top.paused);
    assert_non_null(strstr(row(&f, 3), "PAUSED"));
    assert_int_equal(press(&f, TOP_KEY_REPAINT), TOP_REPAINT);
    assert_int_equal(press(&f, 'z'), TOP_NOTHING);
    assert_int_equal(press(&f, '?'), TOP_DRAW);
    assert_non_null(strstr(row(&f, 16), "leave"));
    assert_int_equal(press(&f, 'x'), TOP_DRAW);
    assert_false(f.top.help);
    fixture_release(&f);
}

static void plain_text(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    f.top.plain = true;
    redraw(&f, 8, 80);
    assert_string_equal(row(&f, 4), "   %Own  %Total   OwnTime  TotalTime  Function");
    assert_string_equal(row(&f, 7), "   0.0%  100.0%     0.00s      1.00s  <module> (main.py:1)");
    for (size_t i = 0; i < f.grid.spans.len; i++)
        assert_int_not_equal(((struct grid_span *)vec_at(&f.grid.spans, i))->style, STYLE_SELECTED);
    fixture_release(&f);
}

static void long_names_leave_room_for_the_file(void **state)
{
    (void)state;
    struct fixture f = fixture_new();
    struct lives *s = &f.lives;
    uint32_t stack = lives_stack(
        s, 0,
        lives_function(s, "Class_with_a_long_name.and_a_method_that_has_a_long_name_too",
                       "/somewhere/a_file_with_a_name_that_is_long_as_well.py", 1234),
        1234);
    for (int i = 0; i < 500; i++) {
        lives_tick(s, 1);
        lives_sample(s, 1, stack, SAMPLE_ON_CPU);
    }
    live_turn(s->live);
    redraw(&f, 24, 80);
    assert_string_equal(row(&f, 5), " 100.0%  100.0%     5.00s      5.00s  Class_with_a_long_na… "
                                    "(…g_as_well.py:1234)");
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_screen_of_80_by_24),
        cmocka_unit_test(any_size),
        cmocka_unit_test(keys_sort),
        cmocka_unit_test(keys_choose),
        cmocka_unit_test(keys_filter),
        cmocka_unit_test(keys_filter_threads),
        cmocka_unit_test(enter_expands),
        cmocka_unit_test(keys_move),
        cmocka_unit_test(keys_act),
        cmocka_unit_test(plain_text),
        cmocka_unit_test(long_names_leave_room_for_the_file),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
