/* table: the same cells as text, JSON and CSV. */
#include "report/table.h"

#include "check.h"

static const struct column columns[] = {
    {.key = "share_percent", .title = "Share", .kind = COLUMN_SHARE},
    {.key = "time_s", .title = "Time", .kind = COLUMN_TIME, .minor = true},
    {.key = "count", .title = "", .kind = COLUMN_COUNT, .use = COLUMN_DATA},
    {.key = "name", .title = "Name"},
    {.key = "place", .title = "Place", .use = COLUMN_SHOWN, .cut = DISPLAY_CUT_START},
    {0},
};

static void add_row(struct table *t, uint64_t part, const char *name)
{
    table_share(t, part, 3);
    table_time(t, part * 1500000000);
    table_count(t, part);
    table_text(t, name);
    table_printf(t, "%s.py:%u", "module", (unsigned)part);
}

static void expect(struct table *t, size_t width, bool color, const char *text)
{
    struct out *o = out_memory();
    size_t len;
    table_write_text(t, width, color, o);
    const char *got = out_memory_bytes(o, &len);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(got, text, len);
    out_discard(o);
}

static void test_text(void **state)
{
    (void)state;
    struct table t;
    table_init(&t, columns);
    add_row(&t, 1, "first");
    add_row(&t, 3, "second");
    expect(&t, 80, false,
           " Share   Time  Name    Place\n"
           " 33.3%  1.50s  first   module.py:1\n"
           "100.0%  4.50s  second  module.py:3\n");
    expect(&t, 30, false, /* without what is minor */
           " Share  Name    Place\n"
           " 33.3%  first   module.py:1\n"
           "100.0%  second  module.py:3\n");
    expect(&t, 25, false,
           " Share  Name    Place\n"
           " 33.3%  first   …ule.py:1\n"
           "100.0%  second  …ule.py:3\n");
    table_release(&t);
}

static void test_color(void **state)
{
    (void)state;
    struct table t;
    table_init(&t, columns);
    add_row(&t, 0, "cold");
    add_row(&t, 3, "hot");
    struct out *o = out_memory();
    table_write_text(&t, 80, true, o);
    out_bytes(o, "", 1);
    const char *text = out_memory_bytes(o, NULL);
    assert_non_null(strstr(text, "\033[1;31m100.0%\033[0m"));
    assert_non_null(strstr(text, "  0.0%  "));
    out_discard(o);
    table_release(&t);
}

static void test_csv_quotes(void **state)
{
    (void)state;
    struct table t;
    table_init(&t, columns);
    add_row(&t, 1, "plain");
    add_row(&t, 2, "a,b");
    add_row(&t, 0, "say \"x\"\n");
    struct out *o = out_memory();
    table_write_csv(&t, o);
    out_bytes(o, "", 1);
    assert_string_equal(out_memory_bytes(o, NULL), "share_percent,time_s,count,name\n"
                                                   "33.333,1.500000,1,plain\n"
                                                   "66.667,3.000000,2,\"a,b\"\n"
                                                   "0.000,0.000000,0,\"say \"\"x\"\"\n\"\n");
    out_discard(o);
    table_release(&t);
}

static void test_json(void **state)
{
    (void)state;
    struct table t;
    struct json j;
    table_init(&t, columns);
    add_row(&t, 1, "a\"b");
    struct out *o = out_memory();
    json_init(&j, o);
    table_write_json(&t, &j);
    out_bytes(o, "", 1);
    assert_string_equal(
        out_memory_bytes(o, NULL),
        "[{\"share_percent\":33.333,\"time_s\":1.500000,\"count\":1,\"name\":\"a\\\"b\"}]");
    out_discard(o);
    table_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_color),
        cmocka_unit_test(test_csv_quotes),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
