/* export: the table, and every writer over profiles that no honest program made. */
#include "export/exporter.h"

#include "base/json_check.h"
#include "check.h"
#include "events.h"
#include "image.h"
#include "recording/reader.h"

static void test_formats_are_found_by_name_and_suffix(void **state)
{
    (void)state;
    static const char *const paths[][2] = {
        {"a.svg", "svg"},
        {"a.txt", "raw"},
        {"x/a.speedscope.json", "speedscope"},
        {"a.json", "chrometrace"},
        {"a.json.gz", "chrometrace"},
        {"a.gecko.json.gz", "gecko"},
        {"a.pftrace", "perfetto"},
        {"a.perfetto-trace", "perfetto"},
        {"a.pb.gz", "pprof"},
        {"a.gecko.json", "gecko"},
        {"a.cpuprofile", "cpuprofile"},
        {"a.heat", "heat"},
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_string_equal(exporter_for_path(paths[i][0])->name, paths[i][1]);
        assert_ptr_equal(exporter_named(paths[i][1]), exporter_for_path(paths[i][0]));
    }
    assert_string_equal(exporter_named("flamegraph")->name, "svg");
    assert_null(exporter_named("pdf"));
    assert_null(exporter_for_path("a.pdf"));
    assert_null(exporter_for_path(".svg")); /* a name, not a suffix */
    assert_null(exporter_named("heat")->write);
}

/* Mostly small ids, so that things refer to each other; now and then anything. */
static uint32_t any_id(uint64_t *state)
{
    return number_next(state) % 16 ? 1 + number_next(state) % 8 : (uint32_t)number_extreme(state);
}

static struct event any_event(uint64_t *state)
{
    struct event event = event_extreme(event_kinds[number_next(state) % EVENT_KINDS], state);
    switch (event.kind) {
#define id_string(field) (field).i = any_id(state)
#define id_function id_string
#define id_frame id_string
#define id_stack id_string
#define id_process id_string
#define id_thread id_string
#define id_u32(field) (void)(field)
#define id_u64(field)                                                                              \
    if (number_next(state) % 2)                                                                    \
    (field) %= 1000000
#define id_i64(field) (void)(field)
#define id_time id_u64
#define id_span id_u64
#define id_step id_u64
#define id_f64(field) (void)(field)
#define id_text(field) (field).len_bytes %= 40
#define F(type, name, doc) id_##type(e->name);
#define EVENT(number, NAME, name, doc, fields)                                                     \
    case number: {                                                                                 \
        struct name##_event *e = &event.name;                                                      \
        fields break;                                                                              \
    }
#include "model/event.def"
#undef EVENT
#undef F
    }
    return event;
}

static void export_all(const struct view *v)
{
    for (const struct exporter *e = exporters; e->name; e++) {
        struct err err;
        if (!e->write)
            continue;
        struct out *out = out_memory();
        assert_int_equal(e->write(v, out, &err), 0);
        size_t len_bytes;
        const char *text = out_memory_bytes(out, &len_bytes);
        assert_true(len_bytes > 0 || !strcmp(e->name, "raw"));
        if (!strcmp(e->name, "chrometrace"))
            assert_true(json_check(text, len_bytes));
        out_discard(out);
    }
}

/* A recording of nonsense: definitions, samples and calls in one stream. */
static struct image any_recording(uint64_t *numbers)
{
    struct image m = image_new();
    uint32_t sequence = 0;
    for (int i = 0; i < 3000; i++) {
        struct event event = any_event(numbers);
        if (sequence && image_put(&m, &event))
            continue;
        struct heat_segment *segment = image_segment(&m, 0, sequence++);
        segment->producer = HEAT_TRACER;
        image_put(&m, &event); /* the largest texts do not fit */
    }
    return m;
}

static void test_nonsense_is_exported(void **state)
{
    (void)state;
    size_t samples = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint64_t numbers = seed * 0x9e3779b97f4a7c15u;
        struct err err;
        struct image m = any_recording(&numbers);
        struct reader *reader = reader_open_bytes(m.bytes, m.len, "nonsense", &err);
        struct profile *p = profile_new();
        assert_int_equal(reader_replay(reader, &p->sink, NULL, &err), 0);
        const struct query query = {
            .idle = true,
            .threads = seed & 1,
            .processes = seed & 2,
            .gc = seed & 4,
            .functions = seed & 8,
            .mode = seed % 3,
            .max_depth = seed % 5,
        };
        struct view v;
        assert_int_equal(view_init(&v, p, &query, &err), 0);
        v.reader = reader;
        samples += v.samples.len;
        export_all(&v);
        view_release(&v);
        profile_free(p);
        reader_free(reader);
        free(m.bytes);
    }
    assert_true(samples > 1000); /* or nothing was tried */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats_are_found_by_name_and_suffix),
        cmocka_unit_test(test_nonsense_is_exported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
