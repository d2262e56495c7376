/* proto: the examples of the encoding's own documentation, and its edges. */
#include "base/proto.h"

#include "check.h"

static void check(struct str *s, const char *bytes, size_t len_bytes)
{
    assert_int_equal(s->len, len_bytes);
    assert_memory_equal(s->data, bytes, len_bytes);
    str_release(s);
}

#define CHECK(s, bytes) check(&(s), bytes, sizeof bytes - 1)

static void test_documented_examples(void **state)
{
    (void)state;
    struct str s = STR_EMPTY;
    proto_uint(&s, 1, 150);
    CHECK(s, "\x08\x96\x01");
    proto_text(&s, 2, "testing");
    CHECK(s, "\x12\x07testing");
    const uint64_t values[] = {3, 270, 86942};
    proto_packed(&s, 6, values, 3);
    CHECK(s, "\x32\x06\x03\x8e\x02\x9e\xa7\x05");
    proto_bytes(&s, 3, "\x08\x96\x01", 3);
    CHECK(s, "\x1a\x03\x08\x96\x01");
}

static void test_edges(void **state)
{
    (void)state;
    struct str s = STR_EMPTY;
    proto_int(&s, 1, -2);
    CHECK(s, "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    proto_double(&s, 1, -2.5);
    CHECK(s, "\x09\0\0\0\0\0\0\x04\xc0");
    proto_uint(&s, 536870911, 0); /* the largest field number */
    CHECK(s, "\xf8\xff\xff\xff\x0f\x00");
    proto_packed(&s, 1, NULL, 0);
    CHECK(s, "\x0a\x00");
    proto_bytes(&s, 1, NULL, 0);
    CHECK(s, "\x0a\x00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documented_examples),
        cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
