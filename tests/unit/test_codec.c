/* codec: every kind comes back as it went in, whatever its values; what is cut off is refused. */
#include "model/codec.h"

#include "check.h"
#include "events.h"

static void test_round_trip_with_extreme_values(void **state)
{
    (void)state;
    uint64_t seed = 7, put_t_ns = 0, got_t_ns = 0;
    for (int i = 0; i < 20000; i++) {
        struct event event = event_extreme(event_kinds[i % EVENT_KINDS], &seed), back;
        size_t max = codec_bytes_max(&event);
        uint8_t *bytes = malloc(max); /* exactly: a sanitizer sees any byte beyond */
        size_t len = codec_put(bytes, &event, &put_t_ns);
        assert_in_range(len, 2, max);
        const uint8_t *at = bytes;
        assert_int_equal(codec_get(&at, bytes + len, &got_t_ns, &back), 0);
        assert_ptr_equal(at, bytes + len);
        assert_true(event_same(&event, &back));
        assert_true(put_t_ns == got_t_ns);
        free(bytes);
    }
}

static void test_every_cut_is_refused(void **state)
{
    (void)state;
    uint64_t seed = 11;
    for (int i = 0; i < 200; i++) {
        struct event event = event_extreme(event_kinds[i % EVENT_KINDS], &seed), back;
        uint8_t *bytes = malloc(codec_bytes_max(&event));
        uint64_t t_ns = 5;
        size_t len = codec_put(bytes, &event, &t_ns);
        for (size_t cut = 0; cut < len; cut += cut < 64 ? 1 : 509) {
            const uint8_t *at = bytes;
            uint64_t last_t_ns = 5;
            assert_int_equal(codec_get(&at, bytes + cut, &last_t_ns, &back), -1);
            assert_ptr_equal(at, bytes);
            assert_int_equal(last_t_ns, 5);
        }
        free(bytes);
    }
}

static void check_refused(const char *bytes, size_t len_bytes)
{
    struct event event;
    uint64_t t_ns = 0;
    const uint8_t *at = (const uint8_t *)bytes;
    assert_int_equal(codec_get(&at, at + len_bytes, &t_ns, &event), -1);
}

#define CHECK_REFUSED(bytes) check_refused(bytes, sizeof bytes - 1)

static void test_nonsense_is_refused(void **state)
{
    (void)state;
    CHECK_REFUSED("");
    CHECK_REFUSED("\x00\x00\x00\x00");                 /* no such kind */
    CHECK_REFUSED("\xff\x01\x01\x01");                 /* no such kind */
    CHECK_REFUSED("\x0a\x80\x80\x80\x80\x10\x01\x01"); /* a thread id of 33 bits */
    CHECK_REFUSED("\x01\x01\x81\x80\x01z");            /* a text of 16385 bytes */
    CHECK_REFUSED("\x01\x01\x02z");                    /* a text longer than what is there */
}

static void test_long_texts_are_cut(void **state)
{
    (void)state;
    size_t len = CODEC_TEXT_BYTES_MAX + 100;
    char *text = calloc(1, len);
    struct event event = {.kind = EVENT_STRING}, back;
    event.string = (struct string_event){{1}, {text, (uint32_t)len}};
    uint8_t *bytes = malloc(codec_bytes_max(&event));
    uint64_t t_ns = 0;
    const uint8_t *at = bytes;
    size_t put = codec_put(bytes, &event, &t_ns);
    assert_int_equal(codec_get(&at, bytes + put, &t_ns, &back), 0);
    assert_int_equal(back.string.text.len_bytes, CODEC_TEXT_BYTES_MAX);
    free(bytes);
    free(text);
}

/* The promise behind a recording's size: a tick and a sample a millisecond. */
static void test_a_tick_and_a_sample_are_small(void **state)
{
    (void)state;
    uint8_t bytes[64];
    uint64_t t_ns = 5000000;
    struct event tick = {.kind = EVENT_TICK}, sample = {.kind = EVENT_SAMPLE};
    tick.tick = (struct tick_event){{1}, t_ns + 1003217, 1003217};
    sample.sample = (struct sample_event){{1}, {16000}, SAMPLE_ON_CPU};
    assert_int_equal(codec_put(bytes, &tick, &t_ns), 6);
    assert_int_equal(codec_put(bytes, &sample, &t_ns), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip_with_extreme_values),
        cmocka_unit_test(test_every_cut_is_refused),
        cmocka_unit_test(test_nonsense_is_refused),
        cmocka_unit_test(test_long_texts_are_cut),
        cmocka_unit_test(test_a_tick_and_a_sample_are_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
