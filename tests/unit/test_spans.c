/* spans: nested calls with their times, whatever the lanes hold. */
#include "analysis/spans.h"

#include "analysis/calls.h"
#include "base/str.h"
#include "check.h"
#include "trace.h"

struct told {
    struct calls calls;
    struct str text;
};

static const char *name(const struct told *told, struct function_id id)
{
    const struct profile *p = told->calls.profile;
    const struct profile_function *function = vec_at(&p->functions, id.i);
    return id.i ? profile_string(p, function->name) : "-";
}

static void on_enter(void *context, const struct span *span)
{
    struct told *told = context;
    str_printf(&told->text, "%s{ ", name(told, span->function));
}

/* "}NAME CALLER THREAD START-END SELF @DEPTH END…" */
static void on_leave(void *context, const struct span *span)
{
    static const char *const ends[] = {"returned", "yielded", "unwound", "cut", "open"};
    struct told *told = context;
    str_printf(&told->text, "}%s %s t%u %llu-%llu %llu @%u %s%s%s%s%s\n",
               name(told, span->function), name(told, span->caller), span->thread.i,
               (unsigned long long)span->start_ns, (unsigned long long)span->end_ns,
               (unsigned long long)span->self_ns, span->depth, ends[span->end],
               span->resumed ? " resumed" : "", span->began_before ? " before" : "",
               span->recursive ? " recursive" : "", span->brief ? " brief" : "");
}

static void on_event(void *context, struct thread_id thread, const struct event *event)
{
    struct told *told = context;
    char line[120];
    event_print(event, line, sizeof line);
    str_printf(&told->text, "t%u %s\n", thread.i, line);
}

/* Follows the calls of an image and frees it. */
static struct told follow(struct image *m, const struct query *query)
{
    static const struct spans_visitor visitor = {on_enter, on_leave, on_event};
    struct told told = {0};
    struct err err = {0};
    struct reader *reader = reader_open_bytes(m->bytes, m->len, "image", &err);
    assert_non_null(reader);
    calls_init(&told.calls, reader, query);
    assert_int_equal(calls_follow(&told.calls, &visitor, &told, &err), 0);
    assert_int_equal(told.calls.summary.events, told.calls.profile->events);
    reader_free(reader);
    free(m->bytes);
    return told;
}

static void release(struct told *told)
{
    calls_release(&told->calls);
    str_release(&told->text);
}

static void expect_query(struct image *m, const struct query *query, const char *text)
{
    struct told told = follow(m, query);
    assert_string_equal(told.text.data ? told.text.data : "", text);
    release(&told);
}

static void expect(struct image *m, const char *text)
{
    expect_query(m, &(struct query){0}, text);
}

static struct image lane(const char *open)
{
    struct image m = trace_new();
    trace_segment(&m, 1, 0);
    trace_lane(&m, 1, 10, (uint32_t)strlen(open), open);
    return m;
}

static void test_calls_are_nested(void **state)
{
    (void)state;
    struct image m = lane("");
    trace_enter(&m, 'a', 10);
    trace_enter(&m, 'b', 20);
    trace_leave(&m, EVENT_LEAVE, 25);
    trace_enter(&m, 'c', 30);
    trace_leave(&m, EVENT_UNWIND, 50);
    trace_leave(&m, EVENT_LEAVE, 300);
    expect(&m, "a{ b{ }b a t1 20-25 5 @1 returned\n"
               "c{ }c a t1 30-50 20 @1 unwound\n"
               "}a - t1 10-300 265 @0 returned\n");
}

static void test_recursion_is_told(void **state)
{
    (void)state;
    struct image m = lane("");
    trace_enter(&m, 'a', 10);
    trace_enter(&m, 'b', 20);
    trace_enter(&m, 'a', 30);
    for (uint64_t t = 40; t <= 60; t += 10)
        trace_leave(&m, EVENT_LEAVE, t);
    trace_enter(&m, 'a', 70);
    trace_leave(&m, EVENT_LEAVE, 80);
    expect(&m, "a{ b{ a{ }a b t1 30-40 10 @2 returned recursive\n"
               "}b a t1 20-50 20 @1 returned\n"
               "}a - t1 10-60 20 @0 returned\n"
               "a{ }a - t1 70-80 10 @0 returned\n");
}

static void test_generators_come_in_pieces(void **state)
{
    (void)state;
    struct image m = lane("");
    trace_enter(&m, 'g', 10);
    trace_leave(&m, EVENT_YIELD, 20);
    trace_resume(&m, 'g', 50);
    trace_leave(&m, EVENT_LEAVE, 60);
    struct told told = follow(&m, &(struct query){0});
    assert_string_equal(told.text.data, "g{ }g - t1 10-20 10 @0 yielded\n"
                                        "g{ }g - t1 50-60 10 @0 returned resumed\n");
    assert_int_equal(told.calls.spans.calls, 1);
    assert_int_equal(told.calls.spans.resumed, 1);
    release(&told);
}

/* What was open when tracing began has no known start; of calls further out only the number is
 * known. */
static void test_open_calls(void **state)
{
    (void)state;
    struct image m = trace_new();
    trace_segment(&m, 1, 0);
    trace_lane(&m, 1, 10, 4, "ab");
    trace_enter(&m, 'c', 15);
    trace_leave(&m, EVENT_LEAVE, 20);
    for (uint64_t t = 30; t <= 60; t += 10)
        trace_leave(&m, EVENT_LEAVE, t);
    trace_leave(&m, EVENT_LEAVE, 70);
    trace_enter(&m, 'd', 80);
    struct told told = follow(&m, &(struct query){0});
    assert_string_equal(told.text.data, "a{ b{ c{ }c b t1 15-20 5 @4 returned\n"
                                        "}b a t1 10-30 15 @3 returned before\n"
                                        "}a - t1 10-40 10 @2 returned before\n"
                                        "d{ }d - t1 80-80 0 @0 open\n");
    assert_int_equal(told.calls.spans.strays, 1);
    release(&told);
}

static void test_calls_go_on_in_the_next_segment(void **state)
{
    (void)state;
    struct image m = lane("");
    trace_enter(&m, 'a', 10);
    trace_enter(&m, 'b', 20);
    trace_segment(&m, 1, 1);
    trace_lane(&m, 1, 30, 2, "b"); /* fewer than are open */
    trace_leave(&m, EVENT_LEAVE, 40);
    trace_leave(&m, EVENT_LEAVE, 50);
    expect(&m, "a{ b{ }b a t1 20-40 20 @1 returned\n}a - t1 10-50 20 @0 returned\n");
}

static void test_a_missing_segment_ends_what_is_open(void **state)
{
    (void)state;
    struct image m = lane("");
    trace_enter(&m, 'a', 10);
    trace_segment(&m, 1, 2);
    trace_lane(&m, 1, 30, 1, "a");
    trace_leave(&m, EVENT_LEAVE, 50);
    expect(&m, "a{ }a - t1 10-10 0 @0 open\na{ }a - t1 30-50 20 @0 returned before\n");
}

static void test_a_lane_changes_threads(void **state)
{
    (void)state;
    struct image m = lane("");
    trace_enter(&m, 'a', 10);
    trace_lane(&m, 2, 20, 0, "");
    trace_enter(&m, 'a', 30);
    trace_leave(&m, EVENT_LEAVE, 40);
    expect(&m, "a{ }a - t1 10-10 0 @0 open\na{ }a - t2 30-40 10 @0 returned\n");
}

/* A call that is open when its thread ends lasts until then. */
static void test_open_until_the_thread_ends(void **state)
{
    (void)state;
    struct image m = trace_new();
    trace_put(&m, (struct event){EVENT_THREAD_END, .thread_end = {{1}, 90}});
    trace_segment(&m, 1, 0);
    trace_lane(&m, 1, 10, 0, "");
    trace_enter(&m, 'a', 10);
    expect(&m, "a{ }a - t1 10-90 80 @0 open\n");
}

/* Or its process, of which is known when any of its threads did something last. */
static void test_open_until_the_process_ends(void **state)
{
    (void)state;
    struct image m = lane("");
    trace_enter(&m, 'a', 10);
    trace_segment(&m, 2, 0);
    trace_lane(&m, 2, 20, 0, "");
    trace_enter(&m, 'b', 30);
    trace_leave(&m, EVENT_LEAVE, 70);
    expect(&m, "a{ }a - t1 10-70 60 @0 open\nb{ }b - t2 30-70 40 @0 returned\n");
}

static void test_resynced(void **state)
{
    (void)state;
    struct image m = lane("");
    trace_enter(&m, 'a', 10);
    trace_enter(&m, 'b', 20);
    trace_put(&m, (struct event){EVENT_RESYNC, .resync = {30, 2}});
    trace_put(&m, (struct event){EVENT_GAP, .gap = {40, 7}});
    struct told told = follow(&m, &(struct query){0});
    assert_string_equal(told.text.data, "a{ b{ }b a t1 20-30 10 @1 cut\n}a - t1 10-30 10 @0 cut\n"
                                        "t1 GAP t_ns=40 count=7\n");
    assert_int_equal(told.calls.spans.resynced, 2);
    assert_int_equal(told.calls.spans.missing, 7);
    release(&told);
}

/* As many as a hostile file likes, without counting them one by one. */
static void test_resynced_beyond_what_is_known(void **state)
{
    (void)state;
    struct image m = trace_new();
    trace_segment(&m, 1, 0);
    trace_lane(&m, 1, 10, UINT32_MAX, "a");
    for (uint64_t i = 0; i < 100; i++) {
        trace_put(&m, (struct event){EVENT_RESYNC, .resync = {20 + i, UINT32_MAX / 200}});
    }
    trace_enter(&m, 'b', 200);
    trace_leave(&m, EVENT_LEAVE, 210);
    expect(&m, "a{ }a - t1 10-20 10 @4294967294 cut before\n"
               "b{ }b - t1 200-210 10 @2147483695 returned\n");
}

static void test_arguments_belong_to_calls_that_are_told(void **state)
{
    (void)state;
    struct image m = lane("");
    trace_enter(&m, 'a', 10);
    trace_put(&m, (struct event){EVENT_ARGUMENTS, .arguments = {{"{}", 2}}});
    trace_enter(&m, 'b', 20);
    trace_put(&m, (struct event){EVENT_ARGUMENTS, .arguments = {{"{}", 2}}});
    trace_put(&m, (struct event){EVENT_RESULT, .result = {{"2", 1}}});
    trace_leave(&m, EVENT_LEAVE, 25);
    trace_put(&m, (struct event){EVENT_RESULT, .result = {{"1", 1}}});
    trace_leave(&m, EVENT_LEAVE, 30);
    expect_query(
        &m, &(struct query){.exclude = (const char *const[]){"b", NULL}},
        "a{ t1 ARGUMENTS json=\"{}\"\nt1 RESULT json=\"1\"\n}a - t1 10-30 20 @0 returned\n");
}

/* A LANE that tells of other calls than those that are open: they cannot be the same. */
static void test_a_lane_that_disagrees(void **state)
{
    (void)state;
    struct image m = lane("");
    trace_enter(&m, 'a', 10);
    trace_lane(&m, 1, 30, 1, "b");
    trace_leave(&m, EVENT_LEAVE, 50);
    struct told told = follow(&m, &(struct query){0});
    assert_string_equal(told.text.data, "a{ }a - t1 10-10 0 @0 open\n"
                                        "b{ }b - t1 30-50 20 @0 returned before\n");
    assert_int_equal(told.calls.spans.resynced, 1);
    release(&told);
}

static struct image nest(void)
{
    struct image m = lane("");
    trace_enter(&m, 'a', 100);
    trace_enter(&m, 'b', 200);
    trace_enter(&m, 'c', 300);
    for (uint64_t t = 400; t <= 600; t += 100)
        trace_leave(&m, EVENT_LEAVE, t);
    return m;
}

static void test_what_is_excluded_is_its_callers(void **state)
{
    (void)state;
    static const char *const patterns[] = {"b", NULL};
    struct image m = nest();
    expect_query(&m, &(struct query){.exclude = patterns},
                 "a{ c{ }c a t1 300-400 100 @1 returned\n}a - t1 100-600 400 @0 returned\n");
}

static void test_included_with_all_it_calls(void **state)
{
    (void)state;
    static const char *const patterns[] = {"b", NULL};
    struct image m = nest();
    expect_query(&m, &(struct query){.include = patterns},
                 "b{ c{ }c b t1 300-400 100 @2 returned\n}b a t1 200-500 200 @1 returned\n");
}

static void test_depth_duration_range_and_threads(void **state)
{
    (void)state;
    static const char *const nobody[] = {"nobody", NULL};
    struct image m = nest();
    expect_query(&m, &(struct query){.max_depth = 2},
                 "a{ b{ }b a t1 200-500 300 @1 returned\n}a - t1 100-600 200 @0 returned\n");
    m = nest();
    expect_query(&m, &(struct query){.from_ns = 200, .to_ns = 300},
                 "b{ }b a t1 200-500 200 @1 returned\n");
    m = nest();
    expect_query(&m, &(struct query){.from_ns = 200, .min_duration_ns = 101},
                 "b{ c{ }c b t1 300-400 100 @2 returned brief\n"
                 "}b a t1 200-500 200 @1 returned\n");
    m = nest();
    expect_query(&m, &(struct query){.thread_limit = nobody}, "");
}

/* The calls of no thread, of functions that were never defined, and ends of nothing. */
static void test_nonsense(void **state)
{
    (void)state;
    struct image m = trace_new();
    trace_segment(&m, 1, 0);
    trace_leave(&m, EVENT_LEAVE, 1);
    trace_enter(&m, 'a', 1);
    trace_lane(&m, 77, 2, UINT32_MAX, "abc");
    trace_enter(&m, 'a', 3);
    trace_lane(&m, 1, 4, 0, "z");
    trace_enter(&m, 'y', 5);
    trace_put(&m, (struct event){EVENT_RESYNC, .resync = {6, UINT32_MAX}});
    trace_put(&m, (struct event){EVENT_TASK, .task = {7, 1, {99}}});
    struct told told = follow(&m, &(struct query){0});
    assert_string_equal(told.text.data, "-{ -{ }- - t1 5-6 1 @1 cut recursive\n"
                                        "}- - t1 4-6 1 @0 cut before\n"
                                        "t1 TASK t_ns=7 task=1 name=0\n");
    assert_int_equal(told.calls.spans.strays, 1);
    assert_int_equal(told.calls.profile->damaged, 4);
    release(&told);
}

static void test_depth_is_bounded(void **state)
{
    (void)state;
    enum { DEPTH = SPANS_DEPTH_MAX + 1000 };
    struct profile *p = profile_new();
    struct spans s;
    spans_init(&s, p, NULL, &(struct spans_visitor){0}, NULL);
    struct event enter = {EVENT_ENTER, .enter = {1, {0}}}, leave = {EVENT_LEAVE, .leave = {2}};
    for (int i = 0; i < DEPTH; i++)
        s.sink.emit(&s.sink, &enter);
    for (int i = 0; i < DEPTH; i++)
        s.sink.emit(&s.sink, &leave);
    assert_int_equal(s.too_deep, 1000);
    assert_int_equal(s.strays, 0);
    s.sink.emit(&s.sink, &leave);
    assert_int_equal(s.strays, 1);
    spans_finish(&s);
    spans_release(&s);
    profile_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_are_nested),
        cmocka_unit_test(test_recursion_is_told),
        cmocka_unit_test(test_generators_come_in_pieces),
        cmocka_unit_test(test_open_calls),
        cmocka_unit_test(test_calls_go_on_in_the_next_segment),
        cmocka_unit_test(test_a_missing_segment_ends_what_is_open),
        cmocka_unit_test(test_a_lane_changes_threads),
        cmocka_unit_test(test_open_until_the_thread_ends),
        cmocka_unit_test(test_open_until_the_process_ends),
        cmocka_unit_test(test_resynced),
        cmocka_unit_test(test_resynced_beyond_what_is_known),
        cmocka_unit_test(test_arguments_belong_to_calls_that_are_told),
        cmocka_unit_test(test_a_lane_that_disagrees),
        cmocka_unit_test(test_what_is_excluded_is_its_callers),
        cmocka_unit_test(test_included_with_all_it_calls),
        cmocka_unit_test(test_depth_duration_range_and_threads),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_depth_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
