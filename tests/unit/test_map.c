/* map: finds what was put, whatever the keys look like. */
#include "base/map.h"

#include "check.h"
#include "numbers.h"

static void test_empty_and_zero_keys(void **state)
{
    (void)state;
    struct map m;
    uint32_t value = 9;
    map_init(&m);
    assert_false(map_find(&m, 0, &value));
    assert_int_equal(value, 9);
    map_put(&m, 0, 0);
    assert_true(map_find(&m, 0, &value));
    assert_int_equal(value, 0);
    map_put(&m, 0, 5);
    map_find(&m, 0, &value);
    assert_int_equal(value, 5);
    assert_int_equal(m.len, 1);
    map_release(&m);
}

/* Keys in steps of 2^shift: a weak hash would put many in one place. */
static void test_many_keys_in_steps(void **state)
{
    (void)state;
    for (int shift = 0; shift < 48; shift += 12) {
        struct map m;
        map_init(&m);
        for (uint64_t i = 0; i < 20000; i++)
            map_put(&m, i << shift, (uint32_t)i);
        assert_int_equal(m.len, 20000);
        for (uint64_t i = 0; i < 20000; i++) {
            uint32_t value;
            assert_true(map_find(&m, i << shift, &value));
            assert_int_equal(value, i);
        }
        uint32_t value;
        assert_false(map_find(&m, UINT64_MAX, &value));
        map_release(&m);
    }
}

static void test_clear_keeps_memory_and_no_keys(void **state)
{
    (void)state;
    struct map m;
    uint64_t seed = 1;
    map_init(&m);
    for (int i = 0; i < 1000; i++)
        map_put(&m, number_next(&seed), 1);
    size_t cap = m.cap;
    map_clear(&m);
    assert_int_equal(m.cap, cap);
    seed = 1;
    for (int i = 0; i < 1000; i++) {
        uint32_t value;
        assert_false(map_find(&m, number_next(&seed), &value));
    }
    map_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_and_zero_keys),
        cmocka_unit_test(test_many_keys_in_steps),
        cmocka_unit_test(test_clear_keeps_memory_and_no_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
