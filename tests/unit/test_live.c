#include "lives.h"

static const struct query everything = {.idle = true};

static double own(const struct lives *s, const char *name, enum live_span span,
                  enum live_class class)
{
    const struct live_cell *cell = lives_cell(s, name, 0, 0);
    assert_non_null(cell);
    return live_percent(live_time(cell, span, class).own_ns, live_base(s->live, cell, span, class));
}

static double total(const struct lives *s, const char *name, enum live_span span,
                    enum live_class class)
{
    const struct live_cell *cell = lives_cell(s, name, 0, 0);
    assert_non_null(cell);
    return live_percent(live_time(cell, span, class).total_ns,
                        live_base(s->live, cell, span, class));
}

/* No cell, of any thread, span and class, is ever above 100 %, nor its own time above its total. */
static void check_bounds(const struct live *l)
{
    for (size_t i = 0; i < l->cells.len; i++) {
        const struct live_cell *cell = vec_at(&l->cells, i);
        if (cell->thread && !live_thread_of(l, cell->thread))
            continue; /* not tidied up yet */
        for (int span = 0; span < 2; span++) {
            for (int class = 0; class < LIVE_CLASSES; class ++) {
                struct live_time t = live_time(cell, (enum live_span)span, (enum live_class) class);
                uint64_t base = live_base(l, cell, (enum live_span)span, (enum live_class) class);
                assert_true(t.own_ns <= t.total_ns);
                assert_true(t.total_ns <= base);
                assert_true(live_percent(t.total_ns, base) <= 100);
            }
        }
    }
}

static void shares_and_times(void **state)
{
    (void)state;
    struct lives s = lives_new(&everything);
    uint32_t main_f = lives_function(&s, "main", "/app/main.py", 1);
    uint32_t work_f = lives_function(&s, "work", "/app/main.py", 10);
    uint32_t in_main = lives_stack(&s, 0, main_f, 3);
    uint32_t in_work = lives_stack(&s, in_main, work_f, 12);
    uint32_t in_work2 = lives_stack(&s, in_main, work_f, 13);
    for (int i = 0; i < 10; i++) {
        lives_tick(&s, 1);
        lives_sample(&s, 1, i < 2 ? in_main : i < 5 ? in_work : in_work2, SAMPLE_ON_CPU);
    }
    assert_int_equal(s.live->cells.len, 0); /* nothing is summed up before the turn */
    live_turn(s.live);
    assert_float_equal(own(&s, "main", LIVE_NOW, LIVE_CPU), 20, 1e-9);
    assert_float_equal(total(&s, "main", LIVE_NOW, LIVE_CPU), 100, 1e-9);
    assert_float_equal(own(&s, "work", LIVE_NOW, LIVE_CPU), 80, 1e-9);
    assert_int_equal(lives_ms(lives_cell(&s, "work", 0, 0)->since[LIVE_CPU].own_ns), 80);
    assert_int_equal(lives_ms(lives_cell(&s, "work", 12, 0)->since[LIVE_CPU].own_ns), 30);
    assert_int_equal(lives_ms(lives_cell(&s, "work", 13, 0)->since[LIVE_CPU].own_ns), 50);
    assert_int_equal(lives_ms(lives_cell(&s, "main", 3, 0)->since[LIVE_CPU].total_ns), 100);
    assert_int_equal(lives_ms(lives_cell(&s, "work", 0, 1)->since[LIVE_CPU].own_ns), 80);
    const struct live_row *row = vec_at(&s.live->rows, lives_cell(&s, "work", 0, 0)->row);
    assert_int_equal(row->line, 10);
    assert_string_equal(row->path, "/app/main.py");
    assert_string_equal(row->file, "main.py");
    assert_int_equal(s.live->samples, 10);
    live_free(s.live);
}

static void recursion_counts_once(void **state)
{
    (void)state;
    struct lives s = lives_new(&everything);
    uint32_t f = lives_function(&s, "fib", "fib.py", 1), stack = 0;
    for (int i = 0; i < 30; i++)
        stack = lives_stack(&s, stack, f, 2);
    lives_tick(&s, 1);
    lives_sample(&s, 1, stack, SAMPLE_ON_CPU);
    live_turn(s.live);
    assert_int_equal(lives_ms(lives_cell(&s, "fib", 0, 0)->now[LIVE_CPU].total_ns), 10);
    assert_int_equal(lives_ms(lives_cell(&s, "fib", 2, 0)->now[LIVE_CPU].total_ns), 10);
    check_bounds(s.live);
    live_free(s.live);
}

/* All at work: each has its share of the time of all. One at work: it has all of it. */
static void many_threads_stay_below_100(void **state)
{
    (void)state;
    struct lives s = lives_new(&everything);
    uint32_t f = lives_function(&s, "spin", "spin.py", 1);
    uint32_t g = lives_function(&s, "wait", "spin.py", 9);
    uint32_t spin = lives_stack(&s, 0, f, 2), wait = lives_stack(&s, 0, g, 10);
    for (uint32_t id = 2; id <= 111; id++)
        lives_thread(&s, id, 1, 100 + id, "worker");
    for (int i = 0; i < 50; i++) {
        lives_tick(&s, 1);
        for (uint32_t id = 1; id <= 111; id++)
            lives_sample(&s, id, spin, SAMPLE_ON_CPU | (id == 1 ? SAMPLE_GIL_HELD : 0));
    }
    live_turn(s.live);
    check_bounds(s.live);
    assert_float_equal(own(&s, "spin", LIVE_NOW, LIVE_CPU), 100, 1e-9);
    assert_float_equal(own(&s, "spin", LIVE_NOW, LIVE_GIL), 100, 1e-9);
    assert_int_equal(live_active(s.live, LIVE_NOW, LIVE_CPU), 111);
    assert_int_equal(live_active(s.live, LIVE_NOW, LIVE_GIL), 1);
    assert_float_equal(live_gil_percent(s.live, LIVE_NOW), 100, 1e-9);
    assert_int_equal(lives_ms(lives_cell(&s, "spin", 0, 0)->now[LIVE_CPU].own_ns), 111 * 500);

    for (int i = 0; i < 50; i++) {
        lives_tick(&s, 1);
        for (uint32_t id = 1; id <= 111; id++)
            lives_sample(&s, id, id == 7 ? spin : wait, id == 7 ? SAMPLE_ON_CPU : 0);
    }
    live_turn(s.live);
    check_bounds(s.live);
    assert_float_equal(own(&s, "spin", LIVE_NOW, LIVE_CPU), 100, 1e-9);
    assert_float_equal(own(&s, "wait", LIVE_NOW, LIVE_CPU), 0, 1e-9);
    assert_float_equal(own(&s, "wait", LIVE_NOW, LIVE_WALL), 100.0 * 110 / 111, 1e-9);
    assert_float_equal(live_gil_percent(s.live, LIVE_NOW), 0, 1e-9);
    assert_float_equal(live_gil_percent(s.live, LIVE_SINCE), 50, 1e-9);
    live_free(s.live);
}

/* Half of its time idle: half of the wall clock. */
static void idle_time_is_in_the_base(void **state)
{
    (void)state;
    struct lives s = lives_new(&everything);
    uint32_t stack = lives_stack(&s, 0, lives_function(&s, "f", "f.py", 1), 1);
    for (int i = 0; i < 10; i++) {
        lives_tick(&s, 1);
        lives_sample(&s, 1, stack, i % 2 ? SAMPLE_ON_CPU : 0);
    }
    live_turn(s.live);
    assert_float_equal(own(&s, "f", LIVE_NOW, LIVE_CPU), 50, 1e-9);
    assert_float_equal(own(&s, "f", LIVE_NOW, LIVE_WALL), 100, 1e-9);
    live_free(s.live);
}

static void rejected_looks_are_time_too(void **state)
{
    (void)state;
    struct lives s = lives_new(&everything);
    uint32_t stack = lives_stack(&s, 0, lives_function(&s, "f", "f.py", 1), 1);
    for (int i = 0; i < 4; i++) {
        lives_tick(&s, 1);
        if (i)
            lives_sample(&s, 1, stack, SAMPLE_ON_CPU);
        else
            lives_emit(&s, (struct event){.kind = EVENT_REJECT, .reject = {{1}, REJECT_TORN}});
    }
    live_turn(s.live);
    assert_float_equal(own(&s, "f", LIVE_NOW, LIVE_CPU), 75, 1e-9);
    assert_int_equal(s.live->rejected, 1);
    live_free(s.live);
}

static void now_and_since(void **state)
{
    (void)state;
    struct lives s = lives_new(&everything);
    uint32_t f = lives_stack(&s, 0, lives_function(&s, "f", "f.py", 1), 1);
    uint32_t g = lives_stack(&s, 0, lives_function(&s, "g", "f.py", 5), 5);
    for (int i = 0; i < 40; i++) {
        lives_tick(&s, 1);
        lives_sample(&s, 1, i < 30 ? f : g, SAMPLE_ON_CPU);
        if (i % 10 == 9)
            live_turn(s.live);
    }
    assert_float_equal(own(&s, "f", LIVE_NOW, LIVE_CPU), 0, 1e-9);
    assert_float_equal(own(&s, "f", LIVE_SINCE, LIVE_CPU), 75, 1e-9);
    assert_float_equal(own(&s, "g", LIVE_NOW, LIVE_CPU), 100, 1e-9);
    live_reset(s.live);
    assert_float_equal(own(&s, "f", LIVE_SINCE, LIVE_CPU), 0, 1e-9);
    assert_float_equal(own(&s, "g", LIVE_NOW, LIVE_CPU), 100, 1e-9); /* what is shown stays */
    lives_tick(&s, 1);
    lives_sample(&s, 1, g, SAMPLE_ON_CPU);
    live_turn(s.live);
    assert_float_equal(own(&s, "g", LIVE_SINCE, LIVE_CPU), 100, 1e-9);
    assert_int_equal(lives_ms(lives_cell(&s, "g", 0, 0)->since[LIVE_CPU].own_ns), 10);
    check_bounds(s.live);
    live_free(s.live);
}

/* The producer's ids begin anew; the same function is the same row. */
static void forgotten_ids(void **state)
{
    (void)state;
    struct lives s = lives_new(&everything);
    uint32_t old = lives_stack(&s, 0, lives_function(&s, "f", "f.py", 1), 1);
    lives_tick(&s, 1);
    lives_sample(&s, 1, old, SAMPLE_ON_CPU);
    live_forget(s.live);
    uint32_t fresh = lives_stack(&s, 0, lives_function(&s, "f", "f.py", 1), 1);
    lives_tick(&s, 1);
    lives_sample(&s, 1, fresh, SAMPLE_ON_CPU);
    lives_tick(&s, 1);
    lives_sample(&s, 1, old, SAMPLE_ON_CPU); /* a late one: nobody knows any more */
    live_turn(s.live);
    assert_int_equal(lives_ms(lives_cell(&s, "f", 0, 0)->since[LIVE_CPU].own_ns), 20);
    check_bounds(s.live);
    live_free(s.live);
}

static void ended_threads_stay_in_the_sums(void **state)
{
    (void)state;
    struct lives s = lives_new(&everything);
    uint32_t stack = lives_stack(&s, 0, lives_function(&s, "f", "f.py", 1), 1);
    for (uint32_t id = 2; id < 5000; id++) {
        lives_thread(&s, id, 1, id, "brief");
        lives_tick(&s, 1);
        lives_sample(&s, 1, stack, 0);
        lives_sample(&s, id, stack, SAMPLE_ON_CPU);
        lives_emit(&s, (struct event){.kind = EVENT_THREAD_END, .thread_end = {{id}, s.now_ns}});
        if (id % 10 == 0)
            live_turn(s.live);
    }
    live_turn(s.live);
    live_turn(s.live);
    assert_int_equal(s.live->threads.len, 1);
    assert_true(s.live->cells.len < 2 * LIVE_DEAD_MAX + 100);
    assert_int_equal(lives_ms(lives_cell(&s, "f", 0, 0)->since[LIVE_CPU].own_ns), 49980);
    assert_float_equal(own(&s, "f", LIVE_SINCE, LIVE_CPU), 100, 1e-9);
    check_bounds(s.live);
    live_free(s.live);
}

static struct lives filtered(const struct query *q)
{
    struct lives s = lives_new(q);
    lives_thread(&s, 2, 1, 200, "worker-2");
    uint32_t main_s = lives_stack(&s, 0, lives_function(&s, "main", "/a/main.py", 1), 2);
    uint32_t lib = lives_stack(&s, main_s, lives_function(&s, "lib", "/a/lib.py", 1), 4);
    uint32_t leaf = lives_stack(&s, lib, lives_function(&s, "leaf", "/a/leaf.py", 1), 7);
    lives_tick(&s, 1);
    lives_sample(&s, 1, leaf, SAMPLE_ON_CPU | SAMPLE_GC | SAMPLE_GIL_HELD);
    lives_sample(&s, 2, main_s, SAMPLE_ON_CPU);
    live_turn(s.live);
    check_bounds(s.live);
    return s;
}

static void filters(void **state)
{
    (void)state;
    const char *lib[] = {"*lib.py", NULL}, *worker[] = {"worker-*", NULL}, *tid[] = {"100", NULL};

    struct lives s = filtered(&(struct query){.include = lib});
    assert_float_equal(own(&s, "leaf", LIVE_NOW, LIVE_CPU), 100, 1e-9);
    assert_int_equal(lives_ms(lives_cell(&s, "main", 0, 0)->now[LIVE_CPU].total_ns), 10);
    live_free(s.live);

    s = filtered(&(struct query){.exclude = lib});
    assert_null(lives_cell(&s, "lib", 0, 0));
    assert_float_equal(own(&s, "leaf", LIVE_NOW, LIVE_CPU), 50, 1e-9);
    live_free(s.live);

    s = filtered(&(struct query){.max_depth = 2});
    assert_null(lives_cell(&s, "leaf", 0, 0));
    assert_float_equal(own(&s, "lib", LIVE_NOW, LIVE_CPU), 50, 1e-9);
    live_free(s.live);

    s = filtered(&(struct query){.thread_limit = worker});
    assert_null(lives_cell(&s, "leaf", 0, 0));
    assert_float_equal(own(&s, "main", LIVE_NOW, LIVE_CPU), 100, 1e-9);
    live_free(s.live);

    s = filtered(&(struct query){.thread_limit = tid});
    assert_float_equal(own(&s, "leaf", LIVE_NOW, LIVE_CPU), 100, 1e-9);
    assert_float_equal(own(&s, "main", LIVE_NOW, LIVE_CPU), 0, 1e-9);
    live_free(s.live);

    s = filtered(&(struct query){.gc = true});
    assert_float_equal(own(&s, "<GC>", LIVE_NOW, LIVE_CPU), 50, 1e-9);
    assert_float_equal(own(&s, "leaf", LIVE_NOW, LIVE_CPU), 0, 1e-9);
    assert_float_equal(total(&s, "leaf", LIVE_NOW, LIVE_CPU), 50, 1e-9);
    live_free(s.live);

    s = filtered(&(struct query){.no_line = true, .full_filenames = true});
    const struct live_row *row = vec_at(&s.live->rows, lives_cell(&s, "leaf", 0, 0)->row);
    assert_int_equal(row->line, 0);
    assert_string_equal(row->file, "/a/leaf.py");
    live_free(s.live);
}

static void names_cannot_drive_a_terminal(void **state)
{
    (void)state;
    struct lives s = lives_new(&everything);
    uint32_t stack = lives_stack(&s, 0, lives_function(&s, "f\033[2J\xff", "a\nb.py", 1), 1);
    lives_tick(&s, 1);
    lives_sample(&s, 1, stack, SAMPLE_ON_CPU);
    live_turn(s.live);
    assert_non_null(lives_cell(&s, "f [2J\xef\xbf\xbd", 0, 0));
    live_free(s.live);
}

/* Functions without end: the coldest are given up, their own time is not. */
static void bounded_rows(void **state)
{
    (void)state;
    struct lives s = lives_new(&everything);
    uint32_t hot = lives_stack(&s, 0, lives_function(&s, "hot", "hot.py", 1), 1);
    char name[32];
    uint64_t own_ns = 0;
    for (int i = 0; i < 100000; i++) {
        snprintf(name, sizeof(name), "f%d", i);
        uint32_t cold = lives_stack(&s, hot, lives_function(&s, name, "cold.py", 1), 1);
        lives_tick(&s, 1);
        lives_sample(&s, 1, i % 2 ? hot : cold, SAMPLE_ON_CPU);
        if (i % 1000 == 999) {
            live_turn(s.live);
            assert_true(s.live->cells.len <= LIVE_CELLS_MAX);
            check_bounds(s.live);
        }
    }
    live_turn(s.live);
    assert_true(s.live->dropped > 0 && s.live->generation > 0);
    for (size_t i = 0; i < s.live->cells.len; i++) {
        const struct live_cell *cell = vec_at(&s.live->cells, i);
        const struct live_row *row = vec_at(&s.live->rows, cell->row);
        own_ns += !cell->thread && !row->is_line ? cell->since[LIVE_CPU].own_ns : 0;
    }
    assert_int_equal(lives_ms(own_ns), 100000 * 10);
    assert_int_equal(lives_ms(lives_cell(&s, "hot", 0, 0)->since[LIVE_CPU].own_ns), 50000 * 10);
    assert_int_equal(lives_ms(lives_cell(&s, "hot", 0, 0)->since[LIVE_CPU].total_ns), 100000 * 10);
    assert_non_null(lives_cell(&s, "(others)", 0, 0));
    live_free(s.live);
}

/* More stacks between two turns than are kept apart. */
static void bounded_entries(void **state)
{
    (void)state;
    struct lives s = lives_new(&everything);
    uint32_t f = lives_function(&s, "f", "f.py", 1);
    for (uint32_t i = 0; i < LIVE_ENTRIES_MAX + 1000; i++) {
        uint32_t stack = lives_stack(&s, 0, f, 1 + i % 100);
        lives_tick(&s, 1);
        lives_sample(&s, 1, stack, SAMPLE_ON_CPU);
    }
    live_turn(s.live);
    assert_int_equal(lives_ms(lives_cell(&s, "f", 0, 0)->now[LIVE_CPU].own_ns),
                     (LIVE_ENTRIES_MAX + 1000) * 10);
    assert_float_equal(own(&s, "f", LIVE_NOW, LIVE_CPU), 100, 1e-9);
    live_free(s.live);
}

static void check_edge(const struct lives *s, const struct vec *edges, size_t i, const char *name,
                       int ms)
{
    const struct live_edge *edge = vec_at(edges, i);
    const struct live_row *row = edge->row == UINT32_MAX ? NULL : vec_at(&s->live->rows, edge->row);
    assert_string_equal(row ? row->name : "", name);
    assert_int_equal(lives_ms(edge->ns), ms);
}

static void callers_and_callees(void **state)
{
    (void)state;
    struct lives s = lives_new(&everything);
    uint32_t a = lives_stack(&s, 0, lives_function(&s, "a", "m.py", 1), 1);
    uint32_t b = lives_stack(&s, 0, lives_function(&s, "b", "m.py", 2), 2);
    uint32_t f = lives_function(&s, "f", "m.py", 3), g = lives_function(&s, "g", "m.py", 4);
    uint32_t af = lives_stack(&s, a, f, 3), bf = lives_stack(&s, b, f, 3);
    uint32_t aff = lives_stack(&s, af, f, 3), affg = lives_stack(&s, aff, g, 4);
    uint32_t samples[] = {af, af, bf, affg, affg, affg, a};
    for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
        lives_tick(&s, 1);
        lives_sample(&s, 1, samples[i], SAMPLE_ON_CPU);
    }
    live_turn(s.live);
    struct live_edges edges;
    live_edges_init(&edges, s.live, lives_cell(&s, "f", 0, 0)->row, LIVE_CPU);
    assert_int_equal(lives_ms(edges.total_ns), 60);
    assert_int_equal(edges.callers.len, 2);
    check_edge(&s, &edges.callers, 0, "a", 50);
    check_edge(&s, &edges.callers, 1, "b", 10);
    assert_int_equal(edges.callees.len, 2);
    for (size_t i = 0; i < 2; i++) { /* equally heavy: itself, and g */
        const struct live_edge *edge = vec_at(&edges.callees, i);
        check_edge(&s, &edges.callees, i, edge->row == UINT32_MAX ? "" : "g", 30);
    }
    live_edges_release(&edges);
    live_edges_init(&edges, s.live, lives_cell(&s, "a", 1, 0)->row, LIVE_CPU);
    check_edge(&s, &edges.callers, 0, "", 60);
    check_edge(&s, &edges.callees, 0, "f", 50);
    live_edges_release(&edges);
    live_reset(s.live); /* nothing is known of anybody's time */
    live_edges_init(&edges, s.live, lives_cell(&s, "f", 0, 0)->row, LIVE_CPU);
    assert_int_equal(edges.total_ns, 0);
    assert_int_equal(edges.callers.len + edges.callees.len, 0);
    live_edges_release(&edges);
    live_free(s.live);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    struct lives s = lives_new(&everything);
    assert_int_equal(lives_sample(&s, 1, 1, SAMPLE_ON_CPU), -1); /* no look yet */
    lives_tick(&s, 1);
    assert_int_equal(lives_sample(&s, 99, 1, SAMPLE_ON_CPU), -1);
    assert_int_equal(lives_sample(&s, 0, 1, SAMPLE_ON_CPU), -1);
    assert_int_equal(lives_sample(&s, 1, 77777, SAMPLE_ON_CPU), 0); /* a stack nobody defined */
    struct event e = {.kind = EVENT_TICK, .tick = {{9}, 1, 1}};
    assert_int_equal(lives_emit(&s, e), -1);
    e = (struct event){.kind = EVENT_STACK, .stack = {{5}, {9}, {3}}};
    assert_int_equal(lives_emit(&s, e), 0); /* the first one defined: ids go on from there */
    e.stack.id.i = 4;
    assert_int_equal(lives_emit(&s, e), -1);
    e.stack.id.i = UINT32_MAX;
    assert_int_equal(lives_emit(&s, e), -1);
    e = (struct event){.kind = EVENT_STACK, .stack = {{6}, {6}, {3}}}; /* its own parent */
    assert_int_equal(lives_emit(&s, e), 0);
    lives_sample(&s, 1, 6, SAMPLE_ON_CPU);
    e = (struct event){.kind = EVENT_THREAD_END, .thread_end = {{42}, 1}};
    assert_int_equal(lives_emit(&s, e), -1);
    e = (struct event){.kind = EVENT_PROCESS_END, .process_end = {{42}, 1, 0}};
    assert_int_equal(lives_emit(&s, e), -1);
    e = (struct event){.kind = EVENT_TICK, .tick = {{1}, 1, UINT64_MAX}}; /* must not wrap sums */
    lives_emit(&s, e);
    lives_sample(&s, 1, 6, SAMPLE_ON_CPU);
    live_turn(s.live);
    check_bounds(s.live);
    assert_int_equal(s.live->lost, 2);
    live_free(s.live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_and_times),
        cmocka_unit_test(recursion_counts_once),
        cmocka_unit_test(many_threads_stay_below_100),
        cmocka_unit_test(idle_time_is_in_the_base),
        cmocka_unit_test(rejected_looks_are_time_too),
        cmocka_unit_test(now_and_since),
        cmocka_unit_test(forgotten_ids),
        cmocka_unit_test(ended_threads_stay_in_the_sums),
        cmocka_unit_test(filters),
        cmocka_unit_test(names_cannot_drive_a_terminal),
        cmocka_unit_test(bounded_rows),
        cmocka_unit_test(bounded_entries),
        cmocka_unit_test(callers_and_callees),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
