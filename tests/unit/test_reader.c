/* reader: gives what is valid of any bytes, in order, and counts the rest. */
#include "recording/reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "folder.h"
#include "image.h"
#include "samples.h"

static struct reader *open_image(const struct image *m)
{
    struct err err = {0};
    return reader_open_bytes(m->bytes, m->len, "image", &err);
}

/* Fills `segments` segments of stream 0 with numbered samples; returns how many. */
static uint32_t fill(struct image *m, uint32_t segments)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < segments; i++) {
        image_segment(m, 0, i);
        for (struct event e = sample_numbered(count); image_put(m, &e); e = sample_numbered(count))
            count++;
    }
    return count;
}

static void test_what_is_whole(void **state)
{
    (void)state;
    struct image m = image_new();
    struct reader_summary summary;
    uint32_t count = fill(&m, 3);
    image_header(&m)->wall_ns = 11;
    image_header(&m)->start_ns = 12;
    image_header(&m)->closed_ns = 13;
    image_header(&m)->lost = 14;
    assert_int_equal(samples_count(open_image(&m), &summary), count);
    assert_int_equal(summary.damaged_segments, 0);
    assert_int_equal(summary.segments, 3);
    assert_int_equal(summary.streams, 1);
    assert_int_equal(summary.wall_ns, 11);
    assert_int_equal(summary.start_ns, 12);
    assert_int_equal(summary.closed_ns, 13);
    assert_int_equal(summary.lost, 14);
    assert_int_equal(summary.file_bytes, m.len);
    assert_true(summary.complete);
    free(m.bytes);
}

/* Exact bytes on the heap for each: a sanitizer sees any step beyond. */
static void test_every_prefix_opens(void **state)
{
    (void)state;
    struct image m = image_new();
    struct reader_summary summary;
    uint32_t count = fill(&m, 3), last = 0;
    for (size_t len = 0; len <= m.len; len++) {
        struct err err = {0};
        uint8_t *bytes = malloc(len ? len : 1);
        memcpy(bytes, m.bytes, len);
        struct reader *r = reader_open_bytes(bytes, len, "prefix", &err);
        if (len < sizeof(struct heat_header)) {
            assert_null(r);
            assert_string_equal(err.text, "prefix is not a Heatline recording");
        } else {
            uint32_t now = samples_count(r, &summary);
            assert_in_range(now, last, last + 1);
            assert_int_equal(summary.damaged_segments > 0, now < count);
            last = now;
        }
        free(bytes);
    }
    assert_int_equal(last, count);
    free(m.bytes);
}

static void test_segments_are_put_in_order(void **state)
{
    (void)state;
    struct image m = image_new(), mixed = image_new();
    struct reader_summary summary;
    uint32_t count = fill(&m, 4);
    static const int order[] = {2, 0, 3, 1};
    mixed.bytes = realloc(mixed.bytes, m.len);
    memcpy(mixed.bytes, m.bytes, HEAT_PAGE_BYTES);
    for (size_t i = 0; i < 4; i++)
        memcpy(mixed.bytes + HEAT_PAGE_BYTES + i * IMAGE_SEGMENT_BYTES,
               m.bytes + HEAT_PAGE_BYTES + (size_t)order[i] * IMAGE_SEGMENT_BYTES,
               IMAGE_SEGMENT_BYTES);
    mixed.len = m.len;
    assert_int_equal(samples_count(open_image(&mixed), &summary), count);
    assert_int_equal(summary.damaged_segments, 0);
    free(m.bytes);
    free(mixed.bytes);
}

static void test_untaken_room_is_no_damage(void **state)
{
    (void)state;
    struct image m = image_new();
    struct reader_summary summary;
    uint32_t count = fill(&m, 1);
    image_segment(&m, 0, 1)->magic = 0;
    memset(m.bytes + m.len - IMAGE_SEGMENT_BYTES, 0, IMAGE_SEGMENT_BYTES);
    assert_int_equal(samples_count(open_image(&m), &summary), count);
    assert_int_equal(summary.damaged_segments, 0);
    assert_int_equal(summary.segments, 1);
    free(m.bytes);
}

static int ignore_emit(struct sink *sink, const struct event *event)
{
    (void)sink;
    (void)event;
    return 0;
}

static struct reader_summary replay_any(const struct image *m)
{
    struct err err = {0};
    struct sink sink = {.emit = ignore_emit};
    struct reader_summary summary;
    struct reader *r = open_image(m);
    assert_non_null(r);
    assert_int_equal(reader_replay(r, &sink, &summary, &err), 0);
    reader_free(r);
    return summary;
}

static struct heat_segment *segment_at(struct image *m, size_t i)
{
    return (struct heat_segment *)(m->bytes + HEAT_PAGE_BYTES + i * IMAGE_SEGMENT_BYTES);
}

static void test_damage_stays_in_its_segment(void **state)
{
    (void)state;
    struct image m = image_new();
    uint32_t count = fill(&m, 3);
    uint32_t each = (uint32_t)replay_any(&m).events / 3;
    segment_at(&m, 1)->magic ^= 1;
    struct reader_summary summary = replay_any(&m);
    assert_in_range(summary.events, count - each - 200, count - each + 200);
    assert_int_equal(summary.damaged_segments, 2); /* not a segment, and a gap in the stream */
    segment_at(&m, 1)->magic ^= 1;
    memset(segment_at(&m, 1) + 1, 0xff, 1);
    summary = replay_any(&m);
    assert_int_equal(summary.damaged_segments, 1);
    assert_int_equal(summary.segments, 3);
    free(m.bytes);
}

static void test_missing_and_doubled_segments_are_counted(void **state)
{
    (void)state;
    struct image m = image_new();
    fill(&m, 3);
    segment_at(&m, 0)->sequence = 2;
    segment_at(&m, 1)->sequence = 2;
    segment_at(&m, 2)->sequence = 7;
    struct reader_summary summary = replay_any(&m);
    assert_int_equal(summary.damaged_segments, 2 + 1 + 4);
    assert_int_equal(summary.segments, 2);
    image_header(&m)->segments += 5; /* handed out, but the file ends before them */
    assert_int_equal(replay_any(&m).damaged_segments, 2 + 1 + 4 + 5);
    free(m.bytes);
}

static void test_hostile_lengths(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {UINT64_MAX, INT64_MAX, IMAGE_SEGMENT_BYTES, 1ull << 32};
    for (size_t i = 0; i < 4; i++) {
        struct image m = image_new();
        uint32_t count = fill(&m, 1);
        segment_at(&m, 0)->used_bytes = lengths[i];
        struct reader_summary summary = replay_any(&m);
        assert_int_equal(summary.events, count);
        assert_int_equal(summary.damaged_segments, 1);
        free(m.bytes);
    }
}

static void check_refused(uint32_t version, uint32_t segment_bytes, const char *expected)
{
    struct image m = image_new();
    struct err err = {0};
    image_header(&m)->version = version;
    image_header(&m)->segment_bytes = segment_bytes;
    assert_null(reader_open_bytes(m.bytes, m.len, "x", &err));
    assert_string_equal(err.text, expected);
    free(m.bytes);
}

static void test_hostile_headers(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0,
                                     1,
                                     HEAT_SEGMENT_BYTES_MIN - 1,
                                     HEAT_SEGMENT_BYTES_MIN + 1,
                                     2 * HEAT_SEGMENT_BYTES_MAX,
                                     UINT32_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_refused(HEAT_VERSION, sizes[i], "the header of x is damaged");
    check_refused(99, HEAT_SEGMENT_BYTES, "x has format version 99, this Heatline reads version 1");
}

static void test_what_cannot_be_opened(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    assert_null(reader_open(folder_file(f, "absent"), &err));
    assert_non_null(strstr(err.text, "No such file"));
    assert_null(reader_open(f->path, &err));
    assert_non_null(strstr(err.text, "not a regular file"));
    assert_int_equal(mkfifo(folder_file(f, "fifo"), 0600), 0);
    assert_null(reader_open(f->file, &err));
    assert_non_null(strstr(err.text, "not a regular file"));
    assert_null(reader_open_fd(-1, "fd", &err));
    close(open(folder_file(f, "empty"), O_CREAT | O_WRONLY, 0600));
    assert_null(reader_open(f->file, &err));
    assert_non_null(strstr(err.text, "is not a Heatline recording"));
}

/* The stored file was made from the format's description alone (tests/fuzz/seed): what others
 * recorded years ago must stay readable. */
static void test_a_stored_recording(void **state)
{
    (void)state;
    char path[PATH_MAX];
    struct err err = {0};
    struct reader_summary summary;
    struct sink sink = {.emit = ignore_emit};
    const char *end = strstr(__FILE__, "unit/test_reader.c");
    snprintf(path, sizeof path, "%.*sfuzz/corpus/recording/valid", (int)(end - __FILE__), __FILE__);
    struct reader *r = reader_open(path, &err);
    assert_non_null(r);
    assert_int_equal(reader_replay(r, &sink, &summary, &err), 0);
    assert_int_equal(summary.streams, 2);
    assert_int_equal(summary.segments, 3);
    assert_int_equal(summary.damaged_segments, 0);
    assert_int_equal(summary.events, 58);
    assert_int_equal(summary.lost, 2);
    assert_true(summary.complete);
    reader_free(r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_whole),
        cmocka_unit_test(test_every_prefix_opens),
        cmocka_unit_test(test_segments_are_put_in_order),
        cmocka_unit_test(test_untaken_room_is_no_damage),
        cmocka_unit_test(test_damage_stays_in_its_segment),
        cmocka_unit_test(test_missing_and_doubled_segments_are_counted),
        cmocka_unit_test(test_hostile_lengths),
        cmocka_unit_test(test_hostile_headers),
        TEST(test_what_cannot_be_opened),
        cmocka_unit_test(test_a_stored_recording),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
