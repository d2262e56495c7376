/* varint: round trips at every width, and refusal of what is cut off or too long. */
#include "base/varint.h"

#include "check.h"

static void check_round_trip(uint64_t value)
{
    uint8_t bytes[VARINT_BYTES_MAX];
    size_t len = varint_put(bytes, value);
    assert_in_range(len, 1, VARINT_BYTES_MAX);
    const uint8_t *at = bytes;
    uint64_t back = ~value;
    assert_int_equal(varint_get(&at, bytes + len, &back), 0);
    assert_true(back == value);
    assert_ptr_equal(at, bytes + len);
    for (size_t cut = 0; cut < len; cut++) {
        at = bytes;
        assert_int_equal(varint_get(&at, bytes + cut, &back), -1);
        assert_ptr_equal(at, bytes);
        assert_true(back == value);
    }
}

static void test_every_width(void **state)
{
    (void)state;
    for (int bit = 0; bit < 64; bit++) {
        check_round_trip(1ull << bit);
        check_round_trip((1ull << bit) - 1);
        check_round_trip(UINT64_MAX << bit);
    }
}

static void test_known_bytes(void **state)
{
    (void)state;
    uint8_t bytes[VARINT_BYTES_MAX];
    assert_int_equal(varint_put(bytes, 300), 2);
    assert_memory_equal(bytes, "\xac\x02", 2);
}

static void test_too_long_or_too_large(void **state)
{
    (void)state;
    const uint8_t endless[] = "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01";
    const uint8_t large[] = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"; /* needs a 65th bit */
    const uint8_t *at = endless;
    uint64_t value;
    assert_int_equal(varint_get(&at, endless + 11, &value), -1);
    at = large;
    assert_int_equal(varint_get(&at, large + 10, &value), -1);
}

static void test_zigzag(void **state)
{
    (void)state;
    assert_int_equal(zigzag(0), 0);
    assert_int_equal(zigzag(-1), 1);
    assert_int_equal(zigzag(1), 2);
    assert_int_equal(zigzag(-2), 3);
    const int64_t values[] = {INT64_MIN, INT64_MIN + 1, -64, 63, INT64_MAX};
    for (size_t i = 0; i < 5; i++)
        assert_true(unzigzag(zigzag(values[i])) == values[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_width),
        cmocka_unit_test(test_known_bytes),
        cmocka_unit_test(test_too_long_or_too_large),
        cmocka_unit_test(test_zigzag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
