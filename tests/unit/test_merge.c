/* merge: all events of all, times brought together, streams apart. */
#include "recording/merge.h"

#include "check.h"
#include "model/profile.h"
#include "trace.h"

#define S ((uint64_t)1000 * 1000 * 1000)
#define MS ((uint64_t)1000 * 1000)

/* A process that calls a at `start_ns` of its clock, which is `wall_ns` on the wall. */
static struct image recorded(uint64_t wall_ns, uint64_t start_ns)
{
    struct image m = trace_new();
    struct heat_header *header = image_header(&m);
    header->wall_ns = wall_ns;
    header->start_ns = start_ns;
    header->closed_ns = start_ns + S;
    header->streams = 2;
    header->lost = 1;
    struct heat_segment *segment = (struct heat_segment *)(m.bytes + HEAT_PAGE_BYTES);
    segment->base_ns = start_ns;
    trace_segment(&m, 1, 0);
    trace_lane(&m, 1, 5, 0, "");
    trace_enter(&m, 'a', 7);
    segment = (struct heat_segment *)(m.bytes + HEAT_PAGE_BYTES + IMAGE_SEGMENT_BYTES);
    segment->base_ns = start_ns;
    return m;
}

struct merged {
    struct profile *profile;
    struct reader_summary summary;
    int result;
    struct err err;
};

static struct merged merge(struct image *a, struct image *b)
{
    struct merged m = {.profile = profile_new()};
    struct reader *readers[] = {reader_open_bytes(a->bytes, a->len, "a", &m.err),
                                reader_open_bytes(b->bytes, b->len, "b", &m.err)};
    struct out *o = out_memory();
    m.result = merge_write(readers, 2, o, &m.err);
    if (!m.result) {
        size_t len;
        const void *bytes = out_memory_bytes(o, &len);
        struct reader *r = reader_open_bytes(bytes, len, "merged", &m.err);
        assert_non_null(r);
        assert_int_equal(reader_replay(r, &m.profile->sink, &m.summary, &m.err), 0);
        reader_free(r);
    }
    out_discard(o);
    reader_free(readers[0]);
    reader_free(readers[1]);
    free(a->bytes);
    free(b->bytes);
    return m;
}

static uint64_t process_start_ns(const struct merged *m, size_t i)
{
    return ((struct profile_process *)vec_at(&m->profile->processes, i))->start_ns;
}

static void test_all_of_both(void **state)
{
    (void)state;
    struct image a = recorded(1000 * S, 10 * S), b = recorded(1000 * S, 10 * S);
    struct merged m = merge(&a, &b);
    assert_int_equal(m.result, 0);
    assert_int_equal(m.profile->processes.len, 3);
    assert_int_equal(m.profile->threads.len, 1 + 2 * TRACE_THREADS);
    assert_int_equal(m.profile->functions.len, 1 + TRACE_FUNCTIONS); /* the same in both */
    assert_int_equal(m.profile->damaged, 0);
    assert_int_equal(m.summary.streams, 4);
    assert_int_equal(m.summary.segments, 4);
    assert_int_equal(m.summary.damaged_segments, 0);
    assert_int_equal(m.summary.lost, 2);
    assert_true(m.summary.complete);
    profile_free(m.profile);
}

/* The second began half a second later, on a machine that was booted 5.5 s later. */
static void test_by_the_wall_clock(void **state)
{
    (void)state;
    struct image a = recorded(1000 * S, 10 * S), b = recorded(1000 * S + S / 2, 5 * S);
    struct merged m = merge(&a, &b);
    assert_int_equal(process_start_ns(&m, 1), 10 * S);
    assert_int_equal(process_start_ns(&m, 2), 10 * S + S / 2);
    assert_int_equal(m.summary.start_ns, 10 * S);
    assert_int_equal(m.summary.wall_ns, 1000 * S);
    assert_int_equal(m.summary.closed_ns, 11 * S + S / 2);
    profile_free(m.profile);
}

/* Whichever comes first: times only grow, and the earlier one begins. */
static void test_the_later_one_first(void **state)
{
    (void)state;
    struct image a = recorded(1000 * S + S / 2, 5 * S), b = recorded(1000 * S, 10 * S);
    struct merged m = merge(&a, &b);
    assert_int_equal(process_start_ns(&m, 1), 10 * S + S / 2);
    assert_int_equal(process_start_ns(&m, 2), 10 * S);
    assert_int_equal(m.summary.start_ns, 10 * S);
    assert_int_equal(m.summary.wall_ns, 1000 * S);
    profile_free(m.profile);
}

/* The wall clock was set by 50 ms in between: the monotonic one is right. */
static void test_of_one_boot(void **state)
{
    (void)state;
    struct image a = recorded(1000 * S, 10 * S), b = recorded(1020 * S + 50 * MS, 30 * S);
    struct merged m = merge(&a, &b);
    assert_int_equal(process_start_ns(&m, 1), 10 * S);
    assert_int_equal(process_start_ns(&m, 2), 30 * S);
    profile_free(m.profile);
}

static void test_one_without_an_end(void **state)
{
    (void)state;
    struct image a = recorded(1000 * S, 10 * S), b = recorded(1000 * S, 10 * S);
    image_header(&b)->closed_ns = 0;
    struct merged m = merge(&a, &b);
    assert_false(m.summary.complete);
    profile_free(m.profile);
}

static void test_what_cannot_be_merged(void **state)
{
    (void)state;
    struct image a = recorded(1, 1), b = recorded(1, 1);
    image_header(&b)->segment_bytes *= 2;
    struct merged m = merge(&a, &b);
    assert_int_equal(m.result, -1);
    assert_non_null(strstr(m.err.text, "different sizes"));
    profile_free(m.profile);
    a = recorded(1, 1);
    b = recorded(1, 1);
    ((struct heat_segment *)(b.bytes + HEAT_PAGE_BYTES))->stream = UINT32_MAX;
    m = merge(&a, &b);
    assert_int_equal(m.result, -1);
    assert_non_null(strstr(m.err.text, "too large"));
    profile_free(m.profile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_of_both),         cmocka_unit_test(test_by_the_wall_clock),
        cmocka_unit_test(test_the_later_one_first), cmocka_unit_test(test_of_one_boot),
        cmocka_unit_test(test_one_without_an_end),  cmocka_unit_test(test_what_cannot_be_merged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
