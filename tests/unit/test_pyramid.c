/* pyramid: time by thread and stretch; the same from an index as from the calls. */
#include "analysis/pyramid.h"

#include <sys/stat.h>

#include "folder.h"
#include "recording/writer.h"
#include "trace.h"

enum { BIN = PYRAMID_BIN_NS };

static struct pyramid build(const void *bytes, size_t len)
{
    struct pyramid p;
    struct err err = {0};
    struct reader *r = reader_open_bytes(bytes, len, "image", &err);
    assert_non_null(r);
    assert_int_equal(pyramid_open(&p, r, &err), 0);
    reader_free(r);
    return p;
}

static const struct pyramid_track *track_at(const struct pyramid *p, size_t i)
{
    return vec_at(&p->tracks, i);
}

static void test_bins(void **state)
{
    (void)state;
    struct image m = trace_new();
    trace_segment(&m, 1, 0);
    trace_lane(&m, 1, 5 * BIN, 0, "");
    trace_enter(&m, 'a', 5 * BIN + 24);
    trace_enter(&m, 'b', 6 * BIN);
    trace_leave(&m, EVENT_LEAVE, 8 * BIN);
    trace_leave(&m, EVENT_LEAVE, 8 * BIN + 10);
    struct pyramid p = build(m.bytes, m.len);
    static const struct {
        uint64_t busy_ns, calls;
        uint32_t depth, function;
    } expected[] = {{1000, 1, 1, 1}, {BIN, 1, 2, 2}, {BIN, 0, 2, 2}, {10, 0, 1, 1}};
    assert_int_equal(p.tracks.len, 1);
    const struct pyramid_track *t = track_at(&p, 0);
    const struct pyramid_bin *bins = pyramid_level(t, 0);
    assert_int_equal(t->bin_ns, BIN);
    assert_int_equal(t->levels[0].first, 5);
    assert_int_equal(t->levels[0].count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(bins[i].busy_ns, expected[i].busy_ns);
        assert_int_equal(bins[i].calls, expected[i].calls);
        assert_int_equal(bins[i].depth, expected[i].depth);
        assert_int_equal(bins[i].function.i, expected[i].function);
    }
    bins = pyramid_level(t, 1); /* 4 and 5, 6 and 7, 8 and 9 */
    assert_int_equal(t->levels[1].first, 2);
    assert_int_equal(t->levels[1].count, 3);
    assert_int_equal(bins[1].busy_ns, 2 * BIN);
    assert_int_equal(bins[1].calls, 1);
    bins = pyramid_level(t, t->level_count - 1);
    assert_int_equal(t->levels[t->level_count - 1].count, 1);
    assert_int_equal(bins[0].busy_ns, 1000 + 2 * BIN + 10);
    assert_int_equal(bins[0].calls, 2);
    assert_int_equal(bins[0].depth, 2);
    assert_int_equal(bins[0].function.i, 2);
    pyramid_release(&p);
    free(m.bytes);
}

/* However long it took, there are no more bins, and each level has the same sums. */
static void test_long(void **state)
{
    (void)state;
    enum { CALLS = 900 };
    uint64_t step_ns = 1234567891;
    struct image m = trace_new();
    trace_segment(&m, 1, 0);
    trace_lane(&m, 1, 0, 0, "");
    for (uint64_t i = 0; i < CALLS / 3; i++) {
        trace_enter(&m, 'a', i * 2 * step_ns);
        trace_leave(&m, EVENT_LEAVE, (i * 2 + 1) * step_ns);
    }
    struct pyramid p = build(m.bytes, m.len);
    const struct pyramid_track *t = track_at(&p, 0);
    assert_in_range(t->levels[0].count, PYRAMID_BINS / 4, PYRAMID_BINS);
    assert_int_equal(t->levels[t->level_count - 1].count, 1);
    for (size_t level = 0; level < t->level_count; level++) {
        const struct pyramid_bin *bins = pyramid_level(t, level);
        uint64_t busy_ns = 0, calls = 0;
        for (size_t i = 0; i < t->levels[level].count; i++) {
            busy_ns += bins[i].busy_ns;
            calls += bins[i].calls;
            assert_true(bins[i].busy_ns <= t->bin_ns << level);
        }
        assert_int_equal(busy_ns, CALLS / 3 * step_ns);
        assert_int_equal(calls, CALLS / 3);
    }
    pyramid_release(&p);
    free(m.bytes);
}

/* A thread that comes back on another lane, earlier. */
static void test_two_lanes(void **state)
{
    (void)state;
    struct image m = trace_new();
    for (uint32_t lane = 1; lane <= 2; lane++) {
        uint64_t at = lane == 1 ? 9 : 2;
        trace_segment(&m, lane, 0);
        trace_lane(&m, 1, at * BIN, 0, "");
        trace_enter(&m, 'a', at * BIN);
        trace_leave(&m, EVENT_LEAVE, at * BIN + lane);
    }
    struct pyramid p = build(m.bytes, m.len);
    const struct pyramid_track *t = track_at(&p, 0);
    assert_int_equal(p.tracks.len, 1);
    assert_int_equal(t->levels[0].first, 2);
    assert_int_equal(t->levels[0].count, 8);
    assert_int_equal(pyramid_level(t, 0)[0].busy_ns, 2);
    assert_int_equal(pyramid_level(t, 0)[7].busy_ns, 1);
    pyramid_release(&p);
    free(m.bytes);
}

static void put(struct sink *sink, struct event event)
{
    assert_int_equal(sink->emit(sink, &event), 0);
}

/* A recording as a file, with calls of two threads, and its index if wanted. */
static void record(const char *path, bool with_index)
{
    struct err err = {0};
    struct writer *w = writer_open(path, HEAT_TRACER, &err);
    struct sink *sink = writer_sink(w);
    struct reader *r = NULL;
    put(sink, (struct event){EVENT_STRING, .string = {{1}, {"work", 4}}});
    put(sink, (struct event){EVENT_FUNCTION, .function = {{1}, {1}, {0}, 7}});
    put(sink, (struct event){EVENT_PROCESS, .process = {.id = {1}, .pid = 5, .command = {1}}});
    for (uint32_t i = 1; i <= 2; i++) {
        uint64_t t_ns = 1000000000000000 + i * 5000;
        put(sink, (struct event){EVENT_THREAD, .thread = {.id = {i}, .process = {1}, .tid = i}});
        put(sink, (struct event){EVENT_LANE, .lane = {{i}, t_ns, 0}});
        put(sink, (struct event){EVENT_ENTER, .enter = {t_ns, {1}}});
        put(sink, (struct event){EVENT_LEAVE, .leave = {t_ns + 3000}});
    }
    if (with_index) {
        struct pyramid p;
        r = reader_open_fd(writer_fd(w), "file", &err);
        assert_int_equal(pyramid_build(&p, r, &err), 0);
        struct writer *index = writer_open_index(w);
        assert_int_equal(pyramid_write(&p, writer_sink(index)), 0);
        assert_int_equal(writer_close_index(index), 0);
        pyramid_release(&p);
        reader_free(r);
    }
    assert_int_equal(writer_close(w, &err), 0);
}

static int count(struct sink *sink, const struct event *event)
{
    (void)event;
    ((uint64_t *)(sink + 1))[0]++;
    return 0;
}

static uint64_t index_events(struct reader *r)
{
    struct {
        struct sink sink;
        uint64_t events;
    } counter = {.sink.emit = count};
    struct err err = {0};
    assert_int_equal(reader_replay_index(r, &counter.sink, &err), 0);
    return counter.events;
}

static void test_by_the_index(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    const char *path = folder_file(f, "indexed");
    record(path, true);
    struct reader *r = reader_open(path, &err);
    assert_in_range(index_events(r), 10, 20);
    struct pyramid loaded, built;
    struct reader_summary summary;
    struct profile *profile = profile_new();
    assert_int_equal(pyramid_open(&loaded, r, &err), 0);
    assert_int_equal(pyramid_build(&built, r, &err), 0);
    assert_int_equal(reader_replay(r, &profile->sink, &summary, &err), 0);
    assert_int_equal(summary.damaged_segments, 0);
    assert_int_equal(summary.segments, 1);
    assert_int_equal(profile->damaged, 0);
    assert_non_null(profile_note_value(loaded.profile, "indexed_segments"));
    assert_null(profile_note_value(built.profile, "indexed_segments"));
    assert_int_equal(loaded.tracks.len, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct pyramid_track *a = track_at(&loaded, i), *b = track_at(&built, i);
        assert_int_equal(a->thread.i, b->thread.i);
        assert_int_equal(a->bins.len, b->bins.len);
        assert_memory_equal(a->levels, b->levels, sizeof a->levels);
        assert_memory_equal(a->bins.data, b->bins.data, a->bins.len * a->bins.item_bytes);
    }
    profile_free(profile);
    pyramid_release(&loaded);
    pyramid_release(&built);
    reader_free(r);
}

/* Calls that were recorded after it: it is made anew. */
static void test_an_old_index(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    struct pyramid p;
    const char *path = folder_file(f, "old");
    record(path, true);
    uint8_t bytes[HEAT_SEGMENT_BYTES] = {0};
    FILE *file = fopen(path, "r+b");
    assert_int_equal(fseek(file, HEAT_PAGE_BYTES, SEEK_SET), 0);
    assert_int_equal(fread(bytes, 1, sizeof bytes, file), sizeof bytes);
    ((struct heat_segment *)bytes)->stream = 7;
    ((struct heat_segment *)bytes)->dictionary = 7;
    assert_int_equal(fseek(file, HEAT_PAGE_BYTES + 2 * HEAT_SEGMENT_BYTES, SEEK_SET), 0);
    assert_int_equal(fwrite(bytes, 1, sizeof bytes, file), sizeof bytes);
    assert_int_equal(fclose(file), 0);
    struct reader *r = reader_open(path, &err);
    assert_int_equal(pyramid_open(&p, r, &err), 0);
    assert_int_equal(p.tracks.len, 4);
    pyramid_release(&p);
    reader_free(r);
}

static void test_no_index(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    struct pyramid p;
    const char *path = folder_file(f, "plain");
    record(path, false);
    struct reader *r = reader_open(path, &err);
    assert_int_equal(index_events(r), 0);
    assert_int_equal(pyramid_open(&p, r, &err), 0);
    assert_int_equal(p.tracks.len, 2);
    pyramid_release(&p);
    reader_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bins),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_two_lanes),
        cmocka_unit_test_setup_teardown(test_by_the_index, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_an_old_index, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_no_index, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
