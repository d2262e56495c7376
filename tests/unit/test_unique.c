/* unique: the same content always has the same id, any other content another. */
#include "model/unique.h"

#include "check.h"

static void test_content_decides(void **state)
{
    (void)state;
    struct unique u;
    bool new;
    unique_init(&u);
    struct string_id a = {1}, b = {2};
    assert_int_equal(unique_function(&u, a, b, 5, &new).i, 1);
    assert_true(new);
    assert_int_equal(unique_function(&u, a, b, 5, &new).i, 1);
    assert_false(new);
    assert_int_equal(unique_function(&u, b, a, 5, &new).i, 2);
    assert_int_equal(unique_function(&u, a, b, 6, &new).i, 3);
    assert_int_equal(unique_function(&u, a, (struct string_id){0}, 5, &new).i, 4);
    assert_int_equal(unique_frame(&u, (struct function_id){1}, 9, &new).i, 1);
    assert_int_equal(unique_frame(&u, (struct function_id){9}, 1, &new).i, 2);
    assert_int_equal(unique_stack(&u, (struct stack_id){0}, (struct frame_id){1}, &new).i, 1);
    assert_int_equal(unique_stack(&u, (struct stack_id){1}, (struct frame_id){0}, &new).i, 2);
    assert_int_equal(u.stack_count, 2);
    unique_release(&u);
}

static void test_forgetting_goes_on_counting(void **state)
{
    (void)state;
    struct unique u;
    bool new;
    unique_init(&u);
    unique_frame(&u, (struct function_id){1}, 9, &new);
    unique_forget(&u);
    assert_int_equal(unique_frame(&u, (struct function_id){1}, 9, &new).i, 2);
    assert_true(new);
    unique_release(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_content_decides),
        cmocka_unit_test(test_forgetting_goes_on_counting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
