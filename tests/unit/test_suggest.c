/* suggest: slips of the fingers are near, other words are not. */
#include "cli/suggest.h"

#include "check.h"

static const char *name(size_t i)
{
    static const char *const names[] = {"record", "report", "export", "info", NULL};
    return names[i];
}

static void test_distance(void **state)
{
    (void)state;
    assert_int_equal(suggest_distance("rate", "rate"), 0);
    assert_int_equal(suggest_distance("", "rate"), 4);
    assert_int_equal(suggest_distance("rtae", "rate"), 1);
    assert_int_equal(suggest_distance("rat", "rate"), 1);
    assert_int_equal(suggest_distance("raate", "rate"), 1);
    assert_int_equal(suggest_distance("rite", "rate"), 1);
    assert_int_equal(suggest_distance("kitten", "sitting"), 3);
    assert_true(suggest_distance("a word that is too long to be compared at all", "rate") > 20);
}

static void test_choice(void **state)
{
    (void)state;
    assert_string_equal(suggest_choice("recrod", name), "record");
    assert_string_equal(suggest_choice("exprot", name), "export");
    assert_string_equal(suggest_choice("repotr", name), "report");
    assert_null(suggest_choice("trace", name));
    assert_null(suggest_choice("", name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
