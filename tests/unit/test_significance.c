/* significance: against values that are known in closed form, or from tables. */
#include "analysis/significance.h"

#include <math.h>

#include "check.h"

static void assert_near(double got, double expected)
{
    if (!(fabs(got - expected) <= 1e-5 * expected + 1e-12))
        fail_msg("%.12g is not %.12g", got, expected);
}

static double means(uint64_t a_count, double a_mean, double a_variance, uint64_t b_count,
                    double b_mean, double b_variance)
{
    return significance_of_means(&(struct significance_sample){a_count, a_mean, a_variance},
                                 &(struct significance_sample){b_count, b_mean, b_variance});
}

static void test_means(void **state)
{
    (void)state;
    assert_near(means(10, 5, 4, 10, 5, 4), 1);
    assert_near(means(2, 0, 1, 2, 1, 1), 0.4226497308); /* t = 1, 2 degrees: known exactly */
    assert_near(means(2, 0, 2, 2, 2, 2), 0.2928932188); /* t = sqrt 2: 1 - 1 / sqrt 2 */
    assert_near(means(1000000, 0, 1, 1000000, 0.00277180765, 1), 0.05); /* z = 1.959964 */
    assert_true(means(1000, 1, 1, 1000, 2, 1) < 1e-80);
    assert_near(means(2, 0, 1, 2, 1, 1), means(2, 1, 1, 2, 0, 1));
}

static void test_nothing_to_say(void **state)
{
    (void)state;
    assert_true(isnan(means(1, 1, 0, 100, 2, 1)));
    assert_true(isnan(means(100, 1, 1, 0, 0, 0)));
    assert_true(isnan(significance_of_shares(1, 10, 0, 0)));
    assert_near(means(5, 1, 0, 5, 1, 0), 1); /* no variance at all */
    assert_true(means(5, 1, 0, 5, 2, 0) == 0);
}

static void test_shares(void **state)
{
    (void)state;
    assert_near(significance_of_shares(50, 100, 50, 100), 1);
    assert_near(significance_of_shares(0, 100, 0, 100), 1);
    /* z = 0.1 / sqrt(0.25 * 0.02) = sqrt 2; erfc(1) */
    assert_near(significance_of_shares(45, 100, 55, 100), 0.1572992071);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_means),
        cmocka_unit_test(test_nothing_to_say),
        cmocka_unit_test(test_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
