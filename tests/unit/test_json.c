/* json: commas, nesting, escapes and numbers. */
#include "base/json.h"

#include "base/json_check.h"
#include "base/str.h"
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

static void test_numbers_to_the_last_digit(void **state)
{
    struct written *w = *state;
    struct json *j = &w->json;
    json_array(j);
    json_fixed(j, 0, 3);
    json_fixed(j, 7, 3);
    json_fixed(j, 1234567, 3);
    json_fixed(j, 42, 0);
    json_fixed(j, UINT64_MAX, 3);
    json_real(j, 2);
    json_real(j, -0.1);
    json_real(j, 0.1 + 0.2);
    json_real(j, 1e-300);
    json_real(j, 0.0 / 0.0);
    json_array_end(j);
    check(w, "[0.000,0.007,1234.567,42,18446744073709551.615,2,-0.1,0.30000000000000004,1e-300,"
             "null]");
}

static void test_json_is_taken_as_it_is(void **state)
{
    static const char *const values[] = {
        "{}",    " [1, -2.5e+3, 0]\n", "{\"a\": [{\"b\": null}], \"c\": \"\\u00e9\\n\"}", "true",
        "\"é\"",
    };
    struct written *w = *state;
    struct str expected = STR_EMPTY;
    str_add(&expected, "[");
    json_array(&w->json);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        json_value(&w->json, values[i], strlen(values[i]));
        str_printf(&expected, "%s%s", i ? "," : "", values[i]);
        assert_int_equal(json_check_object(values[i], strlen(values[i])),
                         strchr(values[i], '{') == values[i]);
    }
    json_array_end(&w->json);
    str_add(&expected, "]");
    check(w, expected.data);
    str_release(&expected);
}

static void test_what_is_no_json_becomes_a_string(void **state)
{
    static const char *const values[] = {
        "",          "{",          "[1,]",     "{\"a\":}",  "{1:2}",
        "01",        "1.",         "1e",       "nul",       "\"\\x\"",
        "\"\\u12\"", "\"\n\"",     "\"\xff\"", "{\"a\" 1}", "1 2",
        "[1}",       "{\"a\":1]",  "'a'",      "-",         "\"\xed\xa0\x80\"",
        "[1",        "{\"a\":1,}", "\"abc",    "]",         "+1",
        "NaN",       "\"\\",
    };
    struct written *w = *state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        assert_false(json_check(values[i], strlen(values[i])));
    }
    assert_false(json_check("\"\\\0\"", 4));
    json_value(&w->json, "{\"cut", 5);
    check(w, "\"{\\\"cut\"");
}

static void test_brackets_may_be_deep_but_not_too_deep(void **state)
{
    (void)state;
    char deep[2 * JSON_CHECK_DEPTH_MAX + 3] = "";
    memset(deep, '[', JSON_CHECK_DEPTH_MAX + 1);
    memset(deep + JSON_CHECK_DEPTH_MAX + 1, ']', JSON_CHECK_DEPTH_MAX + 1);
    assert_true(json_check(deep, sizeof deep - 1)); /* the innermost is empty and needs no place */
    memset(deep, '[', sizeof deep - 1);
    assert_false(json_check(deep, sizeof deep - 1));
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
        TEST(test_nesting_and_commas),
        TEST(test_pretty),
        TEST(test_numbers),
        TEST(test_largest_double_fits),
        TEST(test_escapes),
        TEST(test_utf8_is_repaired),
        TEST(test_full_depth),
        TEST(test_numbers_to_the_last_digit),
        TEST(test_json_is_taken_as_it_is),
        TEST(test_what_is_no_json_becomes_a_string),
        TEST(test_brackets_may_be_deep_but_not_too_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
