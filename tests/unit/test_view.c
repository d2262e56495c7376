/* view: what each part of a query keeps, how it is labelled, and in what order it comes. */
#include "analysis/view.h"

#include "analysis/calltree.h"
#include "analysis/timeline.h"
#include "check.h"
#include "programs.h"

enum { MS = 1000000 };

static struct view view_of(const struct program *p, struct query query)
{
    struct view v;
    struct err err;
    assert_int_equal(view_init(&v, p->profile, &query, &err), 0);
    return v;
}

/* "label;label" of a node. */
static const char *stack_text(const struct view *v, uint32_t node)
{
    static char text[4096];
    size_t at = sizeof text - 1;
    text[at] = '\0';
    for (; node; node = ((const struct view_node *)vec_at(&v->nodes, node))->parent) {
        uint32_t id = ((const struct view_node *)vec_at(&v->nodes, node))->frame;
        const char *label = ((const struct view_frame *)vec_at(&v->frames, id))->label;
        bool inner = at < sizeof text - 1;
        size_t len = strlen(label);
        assert_true(len + 1 < at);
        text[at -= inner] = inner ? ';' : '\0';
        memcpy(text + (at -= len), label, len);
    }
    return text + at;
}

static const struct view_sample *sample_at(const struct view *v, size_t i)
{
    assert_true(i < v->samples.len);
    return vec_at(&v->samples, i);
}

#define assert_stack(v, i, text) assert_string_equal(stack_text(v, sample_at(v, i)->node), text)

static void test_labels_follow_the_query(void **state)
{
    (void)state;
    struct program p = program_new();
    uint32_t thread = program_thread(&p, 1, 101, "MainThread", 0);
    struct stack_id stack = program_stack(&p, "/x/app.py:main:10 /x/lib/python3.12/json/a.py:f:20");
    program_sample(&p, 1, 10 * MS, 10 * MS, thread, stack, SAMPLE_ON_CPU);
    const struct {
        struct query query;
        const char *text;
    } cases[] = {
        {{0}, "main (app.py:10);f (json/a.py:20)"},
        {{.functions = true}, "main (app.py:1);f (json/a.py:1)"},
        {{.no_line = true}, "main (app.py);f (json/a.py)"},
        {{.full_filenames = true}, "main (/x/app.py:10);f (/x/lib/python3.12/json/a.py:20)"},
        {{.threads = true}, "thread (101): MainThread;main (app.py:10);f (json/a.py:20)"},
        {{.processes = true, .max_depth = 1}, "process 100:\"python app.py\";main (app.py:10)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct view v = view_of(&p, cases[i].query);
        assert_int_equal(v.samples.len, 1);
        assert_stack(&v, 0, cases[i].text);
        view_release(&v);
    }
    program_free(&p);
}

static void test_mode_and_idle_choose_samples(void **state)
{
    (void)state;
    struct program p = program_new();
    uint32_t thread = program_thread(&p, 1, 101, "MainThread", 0);
    struct stack_id stack = program_stack(&p, "a.py:f:1");
    const uint32_t states[] = {SAMPLE_ON_CPU | SAMPLE_GIL_HELD, SAMPLE_ON_CPU, SAMPLE_GIL_HELD,
                               SAMPLE_GIL_WAIT, 0};
    for (uint64_t i = 0; i < 5; i++)
        program_sample(&p, 1, (i + 1) * 10 * MS, 10 * MS, thread, stack, states[i]);
    const struct {
        struct query query;
        size_t kept;
    } cases[] = {
        {{0}, 2},
        {{.idle = true}, 5},
        {{.mode = QUERY_CPU, .idle = true}, 2},
        {{.mode = QUERY_GIL}, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct view v = view_of(&p, cases[i].query);
        assert_int_equal(v.samples.len, cases[i].kept);
        assert_int_equal(v.total_ns, cases[i].kept * 10 * MS);
        view_release(&v);
    }
    program_free(&p);
}

static void test_gc_marks_and_frames_are_filtered(void **state)
{
    (void)state;
    struct program p = program_new();
    uint32_t thread = program_thread(&p, 1, 101, "MainThread", 0);
    program_sample(&p, 1, 10 * MS, 10 * MS, thread, program_stack(&p, "a.py:f:1 b.py:g:2 a.py:h:3"),
                   SAMPLE_ON_CPU | SAMPLE_GC);
    program_sample(&p, 1, 20 * MS, 10 * MS, thread, program_stack(&p, "a.py:f:1 a.py:h:3"),
                   SAMPLE_ON_CPU);
    const char *const g[] = {"g", NULL}, *const a[] = {"a.*", NULL}, *const no[] = {"x*", NULL};

    struct view v = view_of(&p, (struct query){.gc = true});
    assert_stack(&v, 0, "f (a.py:1);g (b.py:2);h (a.py:3);<GC>");
    assert_stack(&v, 1, "f (a.py:1);h (a.py:3)");
    view_release(&v);

    v = view_of(&p, (struct query){.include = g});
    assert_int_equal(v.samples.len, 1);
    view_release(&v);

    v = view_of(&p, (struct query){.include = no});
    assert_int_equal(v.samples.len, 0);
    view_release(&v);

    v = view_of(&p, (struct query){.exclude = a});
    assert_stack(&v, 0, "g (b.py:2)");
    assert_int_equal(sample_at(&v, 1)->node, 0); /* the time stays, without frames */
    view_release(&v);
    program_free(&p);
}

static void test_samples_are_grouped_and_ordered(void **state)
{
    (void)state;
    struct program p = program_new();
    uint32_t one = program_thread(&p, 1, 101, "one", 0);
    uint32_t two = program_thread(&p, 1, 102, "two", 0);
    struct stack_id stack = program_stack(&p, "a.py:f:1");
    const uint64_t times[] = {30, 10, 20}; /* another stream may have been read first */
    for (size_t i = 0; i < 3; i++) {
        program_sample(&p, 1, times[i] * MS, 10 * MS, one, stack, SAMPLE_ON_CPU);
        program_sample(&p, 1, times[i] * MS, 10 * MS, two, stack, SAMPLE_ON_CPU);
    }
    struct view v = view_of(&p, (struct query){0});
    assert_int_equal(v.threads.len, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct view_thread *thread = vec_at(&v.threads, i);
        assert_int_equal(thread->samples, 3);
        assert_int_equal(thread->first_sample, 3 * i);
        for (uint32_t k = 0; k < 3; k++)
            assert_int_equal(sample_at(&v, 3 * i + k)->t_ns, (k + 1) * 10 * MS);
    }
    view_release(&v);

    const char *const by_name[] = {"t?o", NULL}, *const by_tid[] = {"101", NULL};
    v = view_of(&p, (struct query){.thread_limit = by_name});
    assert_int_equal(v.samples.len, 3);
    assert_string_equal(((struct view_thread *)vec_at(&v.threads, 0))->name, "two");
    view_release(&v);
    v = view_of(&p, (struct query){.thread_limit = by_tid});
    assert_string_equal(((struct view_thread *)vec_at(&v.threads, 0))->name, "one");
    view_release(&v);
    program_free(&p);
}

static void test_children_stand_below_their_parents(void **state)
{
    (void)state;
    struct program p = program_new();
    program_process(&p, 2, 200, 1, "python b\nc");
    uint32_t child = program_thread(&p, 2, 200, "", 3);
    program_sample(&p, 2, 10 * MS, 10 * MS, child, program_stack(&p, "a.py:f:1"), SAMPLE_ON_CPU);
    struct view v = view_of(&p, (struct query){.processes = true, .threads = true});
    assert_stack(&v, 0,
                 "process 100:\"python app.py\";process 200:\"python b c\";"
                 "thread (200): (interpreter 3);f (a.py:1)");
    view_release(&v);
    program_free(&p);
}

static void test_names_cannot_break_a_line(void **state)
{
    (void)state;
    struct program p = program_new();
    uint32_t thread = program_thread(&p, 1, 101, "a\tb\x1b[31m\xc2\x9b", 0);
    program_sample(&p, 1, 10 * MS, 10 * MS, thread,
                   program_stack(&p, "\xff.py:f\xed\xa0\x80g\xe2\x82:1"), SAMPLE_ON_CPU);
    struct view v = view_of(&p, (struct query){.threads = true});
    assert_stack(&v, 0,
                 "thread (101): a b [31m ;"
                 "f\xef\xbf\xbdg\xef\xbf\xbd (\xef\xbf\xbd.py:1)");
    view_release(&v);
    program_free(&p);
}

static void test_weights_count_and_sum(void **state)
{
    (void)state;
    struct program p = program_new();
    program_note(&p, "rate_hz", "1000");
    program_note(&p, "command", "app.py");
    uint32_t thread = program_thread(&p, 1, 101, "MainThread", 0);
    struct stack_id f = program_stack(&p, "a.py:f:1"), g = program_stack(&p, "a.py:f:1 a.py:g:2");
    program_sample(&p, 1, 10 * MS, 2 * MS, thread, f, SAMPLE_ON_CPU);
    program_sample(&p, 1, 11 * MS, 7 * MS, thread, g, SAMPLE_ON_CPU);
    program_sample(&p, 1, 12 * MS, UINT64_MAX, thread, program_stack(&p, "a.py:h:3"),
                   SAMPLE_ON_CPU);
    program_sample(&p, 1, 13 * MS, 2 * MS, thread, (struct stack_id){0}, SAMPLE_ON_CPU);
    struct view v = view_of(&p, (struct query){0});
    assert_string_equal(v.title, "app.py");
    assert_true(v.rate_hz == 1000);
    assert_int_equal(view_count(&v, 2400000), 2);
    assert_int_equal(view_count(&v, 2600000), 3);
    assert_true(sample_at(&v, 2)->weight_ns < UINT64_MAX); /* damaged: bounded */
    assert_int_equal(v.samples.len, 3);                    /* no frame: nowhere in the program */

    struct calltree t;
    calltree_init(&t, &v);
    uint32_t f_node = sample_at(&v, 0)->node, g_node = sample_at(&v, 1)->node;
    assert_int_equal(t.nodes[f_node].self_ns, 2 * MS);
    assert_int_equal(t.nodes[f_node].total_ns, 9 * MS);
    assert_int_equal(t.nodes[f_node].child, g_node);
    assert_int_equal(t.nodes[0].total_ns, v.total_ns);
    assert_int_equal(t.nodes[0].total_samples, 3);
    assert_int_equal(t.nodes[0].child, sample_at(&v, 2)->node); /* the heaviest comes first */
    assert_int_equal(t.nodes[t.nodes[0].child].sibling, f_node);
    assert_int_equal(calltree_next(&t, f_node, 1), g_node);
    assert_int_equal(calltree_next(&t, f_node, 0), 0);
    calltree_release(&t);
    view_release(&v);
    program_free(&p);
}

static void test_idle_time_is_a_gap(void **state)
{
    (void)state;
    struct program p = program_new();
    uint32_t thread = program_thread(&p, 1, 101, "MainThread", 0);
    struct stack_id stack = program_stack(&p, "a.py:f:1");
    const struct {
        uint64_t t_ns, weight_ns, from_ns;
        bool gap;
    } steps[] = {
        {20 * MS, 10 * MS, 10 * MS, true},
        {30 * MS, 10 * MS - 100, 20 * MS, false}, /* rounding is no gap */
        {60 * MS, 10 * MS, 50 * MS, true},
        {65 * MS, 10 * MS, 60 * MS, false}, /* spans do not overlap */
    };
    for (size_t i = 0; i < 4; i++)
        program_sample(&p, 1, steps[i].t_ns, steps[i].weight_ns, thread, stack, SAMPLE_ON_CPU);
    struct view v = view_of(&p, (struct query){0});
    struct timeline timeline;
    struct timeline_span span;
    timeline_init(&timeline, &v, vec_at(&v.threads, 0));
    for (size_t i = 0; i < 4; i++) {
        assert_true(timeline_next(&timeline, &span));
        assert_int_equal(span.from_ns, steps[i].from_ns);
        assert_int_equal(span.to_ns, steps[i].t_ns);
        assert_int_equal(span.gap, steps[i].gap);
    }
    assert_false(timeline_next(&timeline, &span));
    assert_int_equal(timeline_start_ns(&v), 10 * MS);
    view_release(&v);
    program_free(&p);
}

static void test_nothing_makes_an_empty_view(void **state)
{
    (void)state;
    struct program p = {.profile = profile_new()};
    p.dictionary = dictionary_new(&p.profile->sink);
    struct view v = view_of(&p, (struct query){.threads = true, .processes = true});
    assert_int_equal(v.samples.len, 0);
    assert_int_equal(v.total_ns, 0);
    assert_int_equal(v.nodes.len, 1);
    assert_true(v.rate_hz > 0);
    view_release(&v);
    program_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels_follow_the_query),
        cmocka_unit_test(test_mode_and_idle_choose_samples),
        cmocka_unit_test(test_gc_marks_and_frames_are_filtered),
        cmocka_unit_test(test_samples_are_grouped_and_ordered),
        cmocka_unit_test(test_children_stand_below_their_parents),
        cmocka_unit_test(test_names_cannot_break_a_line),
        cmocka_unit_test(test_weights_count_and_sum),
        cmocka_unit_test(test_idle_time_is_a_gap),
        cmocka_unit_test(test_nothing_makes_an_empty_view),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
