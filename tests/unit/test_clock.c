/* clock: the two clocks are the ones that they say. */
#include "base/clock.h"

#include <time.h>

#include "check.h"

static uint64_t seconds(clockid_t id)
{
    struct timespec now;
    assert_int_equal(clock_gettime(id, &now), 0);
    return (uint64_t)now.tv_sec;
}

static void test_between_two_looks(void **state)
{
    (void)state;
    uint64_t before = seconds(CLOCK_MONOTONIC);
    uint64_t first = clock_ns(), second = clock_ns();
    uint64_t after = seconds(CLOCK_MONOTONIC);
    assert_true(second >= first);
    assert_in_range(first / NS_PER_S, before, after);
    before = seconds(CLOCK_REALTIME);
    uint64_t wall = clock_wall_ns();
    assert_in_range(wall / NS_PER_S, before, seconds(CLOCK_REALTIME));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_between_two_looks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
