/* str: always NUL-ended, formats of any length. */
#include "base/str.h"

#include "check.h"

static void test_grows_and_stays_ended(void **state)
{
    (void)state;
    struct str s = STR_EMPTY;
    str_clear(&s);
    assert_null(s.data);
    str_add_bytes(&s, NULL, 0);
    assert_string_equal(s.data, "");
    for (int i = 0; i < 1000; i++) {
        str_add(&s, "abc");
        assert_int_equal(s.data[s.len], '\0');
    }
    assert_int_equal(s.len, 3000);
    str_clear(&s);
    assert_string_equal(s.data, "");
    str_release(&s);
    assert_null(s.data);
}

static void test_printf_of_every_length(void **state)
{
    (void)state;
    for (int len = 0; len < 300; len++) {
        struct str s = STR_EMPTY;
        str_add(&s, "=");
        str_printf(&s, "%*s|%d", len, "", len);
        char expected[400];
        snprintf(expected, sizeof expected, "=%*s|%d", len, "", len);
        assert_string_equal(s.data, expected);
        assert_int_equal(s.len, strlen(expected));
        str_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows_and_stays_ended),
        cmocka_unit_test(test_printf_of_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
