/* durations: exact sums, quantiles within 1/64, whatever the sizes. */
#include "analysis/durations.h"

#include "check.h"

static void test_none_and_one(void **state)
{
    (void)state;
    struct durations d = {0};
    assert_int_equal(durations_quantile_ns(&d, 0.5), 0);
    assert_int_equal(durations_stdev_ns(&d), 0);
    durations_add(&d, 7);
    assert_int_equal(durations_quantile_ns(&d, 0), 7);
    assert_int_equal(durations_quantile_ns(&d, 1), 7);
    assert_int_equal(durations_stdev_ns(&d), 0);
    durations_release(&d);
}

static void test_figures(void **state)
{
    (void)state;
    struct durations d = {0};
    for (uint64_t i = 1; i <= 1000; i++)
        durations_add(&d, i * 1000);
    assert_int_equal(d.count, 1000);
    assert_int_equal(d.sum_ns, 500500000);
    assert_int_equal(d.min_ns, 1000);
    assert_int_equal(d.max_ns, 1000000);
    assert_int_equal((uint64_t)d.mean_ns, 500500);
    assert_int_equal(durations_stdev_ns(&d), 288819);
    assert_in_range(durations_quantile_ns(&d, 0.5), 500000 - 500000 / 64, 500000 + 500000 / 64);
    assert_in_range(durations_quantile_ns(&d, 0.99), 990000 - 990000 / 64, 1000000);
    durations_release(&d);
}

/* Each size is its own quantile, from the smallest to the largest and in any order. */
static void test_every_size(void **state)
{
    (void)state;
    struct durations d = {0};
    for (int i = 0; i < 64; i++)
        durations_add(&d, (uint64_t)1 << (i * 37 % 64));
    for (int i = 0; i < 64; i++) {
        uint64_t size = (uint64_t)1 << i;
        uint64_t got = durations_quantile_ns(&d, (i + 1) / 64.0);
        assert_in_range(got, size, size + size / 32);
    }
    durations_add(&d, UINT64_MAX);
    assert_true(durations_quantile_ns(&d, 1) >= UINT64_MAX - UINT64_MAX / 64);
    durations_release(&d);
}

/* A large offset does not swallow small differences. */
static void test_stdev_far_from_zero(void **state)
{
    (void)state;
    struct durations d = {0};
    for (int i = 0; i < 1000; i++)
        durations_add(&d, 3600000000000 + (uint64_t)(i % 2) * 20);
    assert_int_equal(durations_stdev_ns(&d), 10);
    durations_release(&d);
}

static void test_joined_is_added(void **state)
{
    (void)state;
    struct durations a = {0}, b = {0}, both = {0};
    durations_join(&a, &b);
    for (uint64_t i = 0; i < 500; i++) {
        uint64_t ns = i * i * 37 % 100003;
        durations_add(i % 3 ? &a : &b, ns);
        durations_add(&both, ns);
    }
    durations_join(&a, &b);
    assert_int_equal(a.count, both.count);
    assert_int_equal(a.sum_ns, both.sum_ns);
    assert_int_equal(a.min_ns, both.min_ns);
    assert_int_equal(a.max_ns, both.max_ns);
    assert_int_equal(durations_stdev_ns(&a), durations_stdev_ns(&both));
    assert_int_equal((uint64_t)a.mean_ns, (uint64_t)both.mean_ns);
    for (int i = 0; i <= 10; i++)
        assert_int_equal(durations_quantile_ns(&a, i / 10.0),
                         durations_quantile_ns(&both, i / 10.0));
    durations_release(&a);
    durations_release(&b);
    durations_release(&both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none_and_one),    cmocka_unit_test(test_figures),
        cmocka_unit_test(test_every_size),      cmocka_unit_test(test_stdev_far_from_zero),
        cmocka_unit_test(test_joined_is_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
