/* vec: items keep their values while it grows, and new ones are zero. */
#include "base/vec.h"

#include "check.h"

static void test_push_keeps_what_was_there(void **state)
{
    (void)state;
    struct vec v;
    vec_init(&v, sizeof(uint64_t));
    for (uint64_t i = 0; i < 10000; i++) {
        uint64_t *item = vec_push(&v);
        assert_int_equal(*item, 0);
        *item = i * 3;
    }
    for (uint64_t i = 0; i < 10000; i++)
        assert_int_equal(*(uint64_t *)vec_at(&v, i), i * 3);
    assert_true(v.cap <= v.len + v.len / 2 + 1);
    vec_release(&v);
    assert_null(v.data);
    assert_int_equal(v.item_bytes, sizeof(uint64_t));
}

static void test_items_after_clear_are_zero_again(void **state)
{
    (void)state;
    struct vec v;
    vec_init(&v, sizeof(int));
    vec_resize(&v, 100);
    memset(v.data, 0xff, 100 * sizeof(int));
    vec_clear(&v);
    vec_resize(&v, 50);
    assert_int_equal(v.cap, 100);
    for (size_t i = 0; i < 50; i++)
        assert_int_equal(*(int *)vec_at(&v, i), 0);
    vec_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_push_keeps_what_was_there),
        cmocka_unit_test(test_items_after_clear_are_zero_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
