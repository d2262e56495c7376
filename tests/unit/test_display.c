/* display: columns, not bytes, and nothing that drives the terminal. */
#include "report/display.h"

#include <locale.h>

#include "check.h"

static void expect(const char *text, size_t columns, enum display_cut cut, const char *shown)
{
    struct str s = STR_EMPTY;
    size_t used = display_add(&s, text, columns, cut);
    assert_string_equal(s.data != NULL ? s.data : "", shown);
    assert_true(used <= columns);
    assert_int_equal(used, display_columns(shown));
    str_release(&s);
}

static void test_columns(void **state)
{
    (void)state;
    assert_int_equal(display_columns(""), 0);
    assert_int_equal(display_columns("plain"), 5);
    assert_int_equal(display_columns("naïve"), 5);
    assert_int_equal(display_columns("日本"), 4);
    assert_int_equal(display_columns("e\xcc\x81"), 1); /* a combining accent */
    assert_int_equal(display_columns("💩"), 2);
}

static void test_cut(void **state)
{
    (void)state;
    expect("function", 8, DISPLAY_CUT_END, "function");
    expect("function", 7, DISPLAY_CUT_END, "functi…");
    expect("function", 7, DISPLAY_CUT_START, "…nction");
    expect("function", 1, DISPLAY_CUT_END, "…");
    expect("function", 1, DISPLAY_CUT_START, "…");
    expect("function", 0, DISPLAY_CUT_END, "");
    expect("日本語", 5, DISPLAY_CUT_END, "日本…");
    expect("日本語", 4, DISPLAY_CUT_END, "日…"); /* half a character is none */
    expect("日本語", 4, DISPLAY_CUT_START, "…語");
}

static void test_hostile_bytes(void **state)
{
    (void)state;
    expect("a\033[31mb\tc\x7f\n", 40, DISPLAY_CUT_END, "a\ufffd[31mb\ufffdc\ufffd\ufffd");
    expect("\xc2\x9b"
           "2J",
           40, DISPLAY_CUT_END, "\ufffd2J"); /* CSI as one character */
    expect("a\u202eb", 40, DISPLAY_CUT_END, "a\ufffdb");
    expect("\xff\xfe", 40, DISPLAY_CUT_END, "\ufffd\ufffd");
    expect("\xe6\x97", 40, DISPLAY_CUT_END, "\ufffd");     /* cut off */
    expect("\xed\xa0\x80", 40, DISPLAY_CUT_END, "\ufffd"); /* a lone surrogate */
}

static int set_locale(void **state)
{
    (void)state;
    return setlocale(LC_CTYPE, "C.UTF-8") != NULL ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_hostile_bytes),
    };
    return cmocka_run_group_tests(tests, set_locale, NULL);
}
