/* json: commas, nesting, escapes and numbers. */
#include "base/json.h"

#include "check.h"

struct written {
    struct out *out;
    struct json json;
};

static int setup(void **state)
{
    struct written *w = calloc(1, sizeof *w);
    w->out = out_memory();
    json_init(&w->json, w->out);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct written *w = *state;
    out_discard(w->out);
    free(w);
    return 0;
}

static void check(struct written *w, const char *expected)
{
    size_t len;
    const char *text = out_memory_bytes(w->out, &len);
    assert_string_equal(text, expected);
    assert_int_equal(len, strlen(expected));
}

static void test_nesting_and_commas(void **state)
{
    struct written *w = *state;
    struct json *j = &w->json;
    json_object(j);
    json_key(j, "a");
    json_array(j);
    json_int(j, 1);
    json_array(j);
    json_array_end(j);
    json_object(j);
    json_object_end(j);
    json_array_end(j);
    json_key(j, "b");
    json_bool(j, true);
    json_key(j, "c");
    json_null(j);
    json_object_end(j);
    check(w, "{\"a\":[1,[],{}],\"b\":true,\"c\":null}");
}

static void test_pretty(void **state)
{
    struct written *w = *state;
    struct json *j = &w->json;
    j->pretty = true;
    json_object(j);
    json_key(j, "a");
    json_array(j);
    json_int(j, 1);
    json_array(j);
    json_int(j, 2);
    json_int(j, 3);
    json_array_end(j);
    json_array_end(j);
    json_key(j, "b");
    json_object(j);
    json_object_end(j);
    json_object_end(j);
    check(w, "{\n  \"a\": [\n    1,\n    [2,3]\n  ],\n  \"b\": {}\n}");
}

static void test_numbers(void **state)
{
    struct written *w = *state;
    struct json *j = &w->json;
    json_array(j);
    json_int(j, INT64_MIN);
    json_int(j, INT64_MAX);
    json_uint(j, UINT64_MAX);
    json_uint(j, 0);
    json_double(j, 0.0 / 0.0, 2);
    json_double(j, 1e308 * 10, 2);
    json_double(j, -1.005, 1);
    json_double(j, 2.5, 0);
    json_array_end(j);
    check(w, "[-9223372036854775808,9223372036854775807,18446744073709551615,0,null,null,-1.0,2]");
}

static void test_largest_double_fits(void **state)
{
    struct written *w = *state;
    json_double(&w->json, -1.7976931348623157e308, 1000);
    size_t len;
    const char *text = out_memory_bytes(w->out, &len);
    assert_int_equal(len, 1 + 309 + 1 + 17);
    assert_true(strtod(text, NULL) == -1.7976931348623157e308);
}

static void test_escapes(void **state)
{
    struct written *w = *state;
    json_text_bytes(&w->json, "\"\\/\b\f\n\r\t\x01\x1f\x7f\0é", 14);
    check(w, "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0001\\u001f\x7f\\u0000é\"");
}

static void test_utf8_is_repaired(void **state)
{
    struct written *w = *state;
    struct json *j = &w->json;
    json_object(j);
    json_key(j, "k\xff");
    json_text(j, "overlong \xc0\xaf, surrogate \xed\xa0\x80, cut \xe2\x88");
    json_object_end(j);
    check(w, "{\"k\xef\xbf\xbd\":\"overlong \xef\xbf\xbd\xef\xbf\xbd, surrogate \xef\xbf\xbd, "
             "cut \xef\xbf\xbd\"}");
}

static void test_full_depth(void **state)
{
    struct written *w = *state;
    char expected[2 * JSON_DEPTH_MAX + 1] = "";
    for (int i = 0; i < JSON_DEPTH_MAX; i++) {
        json_array(&w->json);
        expected[i] = '[';
        expected[JSON_DEPTH_MAX + i] = ']';
    }
    for (int i = 0; i < JSON_DEPTH_MAX; i++)
        json_array_end(&w->json);
    check(w, expected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nesting_and_commas),  TEST(test_pretty),  TEST(test_numbers),
        TEST(test_largest_double_fits), TEST(test_escapes), TEST(test_utf8_is_repaired),
        TEST(test_full_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
