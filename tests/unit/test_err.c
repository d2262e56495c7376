/* err: texts are cut, never overrun, and causes can be passed on. */
#include "base/err.h"

#include "check.h"

static void test_set_returns_minus_one_and_clears_the_hint(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(err_set(&err, STATUS_GONE, "process %d has ended", 7), -1);
    assert_int_equal(err_hint(&err, "try %s", "again"), -1);
    assert_string_equal(err.text, "process 7 has ended");
    assert_string_equal(err.hint, "try again");
    err_set(&err, STATUS_FAIL, "other");
    assert_int_equal(err.status, STATUS_FAIL);
    assert_string_equal(err.hint, "");
}

static void test_long_texts_are_cut(void **state)
{
    (void)state;
    struct err err = {0};
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    err_set(&err, STATUS_FAIL, "%s", text);
    err_hint(&err, "%s", text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_int_equal(strlen(err.hint), sizeof err.hint - 1);
}

static void test_a_cause_is_passed_on(void **state)
{
    (void)state;
    struct err err = {0};
    err_set(&err, STATUS_FAIL, "cause");
    err_set(&err, STATUS_USAGE, "cannot start: %s", err.text);
    assert_string_equal(err.text, "cannot start: cause");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_returns_minus_one_and_clears_the_hint),
        cmocka_unit_test(test_long_texts_are_cut),
        cmocka_unit_test(test_a_cause_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
