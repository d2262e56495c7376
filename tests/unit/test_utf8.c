/* utf8: what is well-formed passes, what is not becomes U+FFFD in the standard's pieces. */
#include "base/utf8.h"

#include "check.h"

#define BAD UTF8_REPLACEMENT

static void check_repair(const char *text, size_t len_bytes, const char *expected)
{
    struct str s = STR_EMPTY;
    utf8_repair(&s, text, len_bytes);
    assert_string_equal(s.data, expected);
    str_release(&s);
}

#define CHECK(text, expected) check_repair(text, sizeof text - 1, expected)

static void test_well_formed_passes(void **state)
{
    (void)state;
    CHECK("", "");
    CHECK("plain", "plain");
    CHECK("é ∑ 🔥 \xf4\x8f\xbf\xbf \xed\x9f\xbf \xee\x80\x80",
          "é ∑ 🔥 \xf4\x8f\xbf\xbf \xed\x9f\xbf \xee\x80\x80");
}

static void test_overlong(void **state)
{
    (void)state;
    CHECK("\xc0\xaf", BAD BAD);
    CHECK("\xc1\xbf", BAD BAD);
    CHECK("\xe0\x80\xaf", BAD BAD BAD);
    CHECK("\xf0\x80\x80\xaf", BAD BAD BAD BAD);
}

static void test_surrogates_are_one_piece(void **state)
{
    (void)state;
    CHECK("a\xed\xa0\x80z", "a" BAD "z");
    CHECK("\xed\xb0\x80", BAD);
    CHECK("\xed\xa0\xbd\xed\xb4\xa5", BAD BAD); /* a pair, as CESU-8 writes it */
    CHECK("\xed\xa0", BAD);
}

static void test_truncated(void **state)
{
    (void)state;
    CHECK("\xe2\x88", BAD);
    CHECK("\xf0\x9f\x94", BAD);
    CHECK("\xf0\x9f\x94x", BAD "x");
    CHECK("\xe2", BAD);
    CHECK("\xe2\x28\xa1", BAD "(" BAD);
}

static void test_out_of_range_and_stray(void **state)
{
    (void)state;
    CHECK("\x80\xbf", BAD BAD);
    CHECK("\xf4\x90\x80\x80", BAD BAD BAD BAD);
    CHECK("\xf5\xff\xfe", BAD BAD BAD);
}

/* Whatever the bytes are: it goes on, stays inside, and its result needs no repair. */
static void test_every_three_bytes(void **state)
{
    (void)state;
    static const unsigned char bytes[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f,
                                          0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe1,
                                          0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff};
    enum { COUNT = sizeof bytes };
    for (int i = 0; i < COUNT * COUNT * COUNT; i++) {
        char *text = malloc(3); /* exactly: a sanitizer sees any step beyond */
        text[0] = (char)bytes[i % COUNT];
        text[1] = (char)bytes[i / COUNT % COUNT];
        text[2] = (char)bytes[i / COUNT / COUNT];
        struct str once = STR_EMPTY, twice = STR_EMPTY;
        utf8_repair(&once, text, 3);
        utf8_repair(&twice, once.data, once.len);
        assert_int_equal(once.len, twice.len);
        assert_memory_equal(once.data, twice.data, once.len);
        str_release(&once);
        str_release(&twice);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_well_formed_passes),       cmocka_unit_test(test_overlong),
        cmocka_unit_test(test_surrogates_are_one_piece), cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_out_of_range_and_stray),   cmocka_unit_test(test_every_three_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
