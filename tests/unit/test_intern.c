/* intern: dense ids, each string once, texts that stay where they are. */
#include "base/intern.h"

#include "check.h"

static void test_same_text_same_id(void **state)
{
    (void)state;
    struct intern *in = intern_new();
    bool new;
    assert_int_equal(intern_id(in, "", 0, &new), 0);
    assert_true(new);
    assert_int_equal(intern_id(in, "a", 1, &new), 1);
    assert_int_equal(intern_id(in, "a\0b", 3, &new), 2);
    assert_int_equal(intern_id(in, "ax", 1, &new), 1);
    assert_false(new);
    assert_int_equal(intern_id(in, NULL, 0, NULL), 0);
    size_t len;
    assert_memory_equal(intern_text(in, 2, &len), "a\0b", 4);
    assert_int_equal(len, 3);
    assert_int_equal(intern_count(in), 3);
    intern_free(in);
}

static void test_texts_do_not_move(void **state)
{
    (void)state;
    struct intern *in = intern_new();
    char text[32];
    const char *first = intern_text(in, intern_id(in, "first", 5, NULL), NULL);
    for (int i = 0; i < 50000; i++) {
        int len = snprintf(text, sizeof text, "name %d", i);
        assert_int_equal(intern_id(in, text, (size_t)len, NULL), i + 1);
    }
    for (int i = 0; i < 50000; i++) {
        int len = snprintf(text, sizeof text, "name %d", i);
        assert_int_equal(intern_id(in, text, (size_t)len, NULL), i + 1);
        assert_string_equal(intern_text(in, (uint32_t)i + 1, NULL), text);
    }
    assert_ptr_equal(intern_text(in, 0, NULL), first);
    intern_free(in);
}

static void test_long_texts(void **state)
{
    (void)state;
    struct intern *in = intern_new();
    size_t len = 1 << 20;
    char *text = malloc(len);
    memset(text, 'x', len);
    assert_int_equal(intern_id(in, text, len, NULL), 0);
    assert_int_equal(intern_id(in, text, len - 1, NULL), 1);
    assert_int_equal(intern_id(in, text, len, NULL), 0);
    assert_int_equal(strlen(intern_text(in, 1, NULL)), len - 1);
    free(text);
    intern_free(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_text_same_id),
        cmocka_unit_test(test_texts_do_not_move),
        cmocka_unit_test(test_long_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
