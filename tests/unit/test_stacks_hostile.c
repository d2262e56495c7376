/* stacks, where the interpreter is none: stored images (test_stacks.c) with words replaced or
 * missing. An answer or a torn read, after a bounded count of reads; never more. */
#include "base/varint.h"
#include "cpython/lines.h"
#include "spoilt.h"
#include "stacks.h"
#include "subject/mem_image.h"

enum {
    READS_WHOLE_MAX = 1000, /* of one look at three threads where nothing is spoilt */
    READS_MAX = 16 * READS_WHOLE_MAX,
    BYTES_MAX = 4 << 20,
    FRAMES_WALKED_MAX = 4, /* times as many as there are, until a cycle is noticed */
};

/* A stored image of one version with its deepest stack, and something to spoil it. */
struct fixture {
    struct stored stored;
    const struct layout *l;
    struct spoilt spoilt;
    struct walk walk;
    uint64_t interp, tstate; /* of the main thread, the oldest one */
};

static bool take_last(void *context, const struct threads_entry *entry)
{
    *(uint64_t *)context = entry->tstate;
    return true;
}

static void open_version(struct fixture *f, size_t version)
{
    stored_open(&f->stored, subject_versions[version]);
    struct mem *m = f->stored.subject.mem;
    f->l = &f->stored.runtime.layout;
    f->interp = f->stored.subject.interp;
    f->spoilt = spoilt_of(m);
    assert_int_equal(threads_read(m, &f->stored.runtime, take_last, &f->tstate), RD_OK);
    walk_init(&f->walk);
    assert_int_equal(walk_read(&f->walk, m, f->l, f->tstate, WALK_FROZEN), RD_OK);
    assert_true(f->walk.frames.len > 30);
}

static void close_version(struct fixture *f)
{
    walk_release(&f->walk);
    stored_close(&f->stored);
}

static const struct walk_frame *frame_at(const struct fixture *f, size_t i)
{
    return vec_at(&f->walk.frames, i);
}

/* Puts `value` there for the next look alone. */
static void spoil(struct fixture *f, uint64_t address, uint64_t value)
{
    f->spoilt = spoilt_of(f->stored.subject.mem);
    spoilt_put(&f->spoilt, address, value);
}

static enum rd walk_spoilt(struct fixture *f, enum walk_mode mode)
{
    struct walk walk;
    walk_init(&walk);
    enum rd rd = walk_read(&walk, &f->spoilt.mem, f->l, f->tstate, mode);
    assert_true(walk.frames.len <= FRAMES_WALKED_MAX * f->walk.frames.len);
    assert_true(f->spoilt.reads < READS_MAX);
    walk_release(&walk);
    return rd;
}

static enum rd look_spoilt(struct fixture *f, enum walk_mode mode)
{
    struct look k;
    look_init(&k, &f->spoilt.mem, &f->stored.runtime, mode);
    enum rd rd = look_at_all(&k);
    assert_true(rd == RD_OK || rd == RD_TORN);
    assert_true(f->spoilt.reads < READS_MAX && f->spoilt.bytes < BYTES_MAX);
    look_release(&k);
    return rd;
}

static enum rd look_with(struct fixture *f, uint64_t address, uint64_t value)
{
    spoil(f, address, value);
    return look_spoilt(f, WALK_FROZEN);
}

static void test_chain_bites_its_tail(void **state)
{
    (void)state;
    for (size_t v = 0; v < SUBJECT_VERSIONS; v++) {
        struct fixture f;
        open_version(&f, v);
        size_t n = f.walk.frames.len;
        for (size_t to = 0; to < n; to++)
            for (int mode = WALK_VERIFIED; mode <= WALK_FROZEN; mode++) {
                spoil(&f, frame_at(&f, n - 1)->address + f.l->frame_back,
                      frame_at(&f, to)->address);
                assert_int_equal(walk_spoilt(&f, mode), RD_TORN);
                spoil(&f, frame_at(&f, to)->address + f.l->frame_back, frame_at(&f, to)->address);
                assert_int_equal(walk_spoilt(&f, mode), RD_TORN);
            }
        close_version(&f);
    }
}

/* Every frame is there, and has a caller further on. */
struct endless {
    struct mem mem;
    const struct layout *l;
    uint64_t step, calls;
};

static enum rd endless_read(struct mem *m, const struct mem_range *ranges, size_t count)
{
    struct endless *e = (struct endless *)m;
    e->calls++;
    for (size_t i = 0; i < count; i++) {
        memset(ranges[i].buf, 0, ranges[i].len_bytes);
        uint64_t end = ranges[i].address + ranges[i].len_bytes;
        uint64_t frame = (ranges[i].address + e->step - 1) / e->step * e->step;
        for (; frame + e->l->frame_back + 8 <= end; frame += e->step) {
            uint64_t back = frame + e->step;
            memcpy((uint8_t *)ranges[i].buf + (frame + e->l->frame_back - ranges[i].address), &back,
                   8);
        }
    }
    return RD_OK;
}

static void test_endless_chain(void **state)
{
    (void)state;
    const uint64_t steps[] = {512, 1 << 12, 1 << 20};
    struct layout l;
    assert_int_equal(layout_known(&l, 0x030a0df0), 0);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        for (int mode = WALK_VERIFIED; mode <= WALK_FROZEN; mode++) {
            struct endless e = {.mem = {.read = endless_read}, .l = &l, .step = steps[i]};
            struct walk walk;
            walk_init(&walk);
            assert_int_equal(walk_read(&walk, &e.mem, &l, 1 << 20, mode), RD_TORN);
            assert_true(walk.frames.len <= WALK_STRETCHES_MAX);
            assert_true(e.calls < 4 * WALK_STRETCHES_MAX);
            walk_release(&walk);
        }
}

static const uint64_t lengths[] = {UINT64_MAX, INT64_MAX, INT64_MAX / 4, 1ull << 40, 1u << 27};

static void check_length(struct fixture *f, uint64_t object, uint32_t offset)
{
    assert_int_not_equal(object, 0);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        assert_int_equal(look_with(f, object + offset, lengths[i]), RD_TORN);
}

static uint64_t pointer_in(struct fixture *f, uint64_t address)
{
    uint64_t value;
    assert_int_equal(mem_read_u64(f->stored.subject.mem, address, &value), RD_OK);
    return value;
}

static void test_absurd_lengths(void **state)
{
    (void)state;
    for (size_t v = 0; v < SUBJECT_VERSIONS; v++) {
        struct fixture f;
        open_version(&f, v);
        const struct layout *l = f.l;
        for (size_t i = 0; i < f.walk.frames.len; i += 7) {
            uint64_t code = frame_at(&f, i)->code;
            uint32_t name = layout_has(l->code_qualname) ? l->code_qualname : l->code_name;
            if (!frame_at(&f, i)->python)
                continue;
            check_length(&f, pointer_in(&f, code + name), l->str_length);
            check_length(&f, pointer_in(&f, code + l->code_filename), l->str_length);
            check_length(&f, pointer_in(&f, code + l->code_linetable), l->bytes_size);
            if (l->instr == LAYOUT_POINTER)
                check_length(&f, code, l->object_bytes);
        }
        close_version(&f);
    }
}

/* Where all of the address space can be read, long names are cut and long tables are refused. */
static void test_long_and_there(void **state)
{
    (void)state;
    for (size_t v = 0; v < SUBJECT_VERSIONS; v++) {
        struct fixture f;
        open_version(&f, v);
        const struct layout *l = f.l;
        uint64_t code = frame_at(&f, 0)->code;
        uint64_t file = pointer_in(&f, code + l->code_filename);
        uint64_t table = pointer_in(&f, code + l->code_linetable);
        spoil(&f, file + l->str_length, 1u << 30);
        f.spoilt.filled = true;
        look_spoilt(&f, WALK_FROZEN);
        spoil(&f, table + l->bytes_size, LINES_TABLE_BYTES_MAX + 1);
        f.spoilt.filled = true;
        assert_int_equal(look_spoilt(&f, WALK_FROZEN), RD_TORN);
        close_version(&f);
    }
}

/* Each table is as long as one may be: what is kept of them is bounded all the same. */
static void test_many_long_tables(void **state)
{
    (void)state;
    struct fixture f;
    struct look k;
    open_version(&f, 0); /* two bytes of its tables are a line */
    look_init(&k, &f.spoilt.mem, &f.stored.runtime, WALK_FROZEN);
    uint32_t epoch = code_cache_epoch(k.codes);
    for (size_t i = 0; i < f.walk.frames.len && code_cache_epoch(k.codes) == epoch; i++) {
        uint64_t table = pointer_in(&f, frame_at(&f, i)->code + f.l->code_linetable);
        spoil(&f, table + f.l->bytes_size, LINES_TABLE_BYTES_MAX);
        f.spoilt.filled = true;
        code_cache_prepare(k.codes, frame_at(&f, i), 1, 0, NOW_NS);
    }
    assert_int_not_equal(code_cache_epoch(k.codes), epoch);
    look_release(&k);
    close_version(&f);
}

static void test_nulls(void **state)
{
    (void)state;
    for (size_t v = 0; v < SUBJECT_VERSIONS; v++) {
        struct fixture f;
        open_version(&f, v);
        const struct layout *l = f.l;
        const uint64_t places[] = {
            f.stored.runtime.address + l->runtime_interpreters,
            f.interp + l->interp_threads,
            f.tstate + l->tstate_interp,
        };
        for (size_t i = 0; i < sizeof places / sizeof *places; i++)
            assert_int_equal(look_with(&f, places[i], 0), RD_TORN);
        for (size_t i = 0; i < f.walk.frames.len; i++) {
            const struct walk_frame *frame = frame_at(&f, i);
            const uint32_t fields[] = {l->object_type, l->code_filename, l->code_linetable,
                                       layout_has(l->code_qualname) ? l->code_qualname
                                                                    : l->code_name};
            if (!frame->python)
                continue;
            assert_int_equal(look_with(&f, frame->address + l->frame_code, 0), RD_TORN);
            for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
                assert_int_equal(look_with(&f, frame->code + fields[k], 0), RD_TORN);
        }
        /* No frames, or no callers: that is a stack, too. */
        assert_int_equal(look_with(&f, f.tstate + l->tstate_frame, 0), RD_OK);
        assert_int_equal(look_with(&f, frame_at(&f, 5)->address + l->frame_back, 0), RD_OK);
        close_version(&f);
    }
}

static void test_lists_bite_their_tails(void **state)
{
    (void)state;
    for (size_t v = 0; v < SUBJECT_VERSIONS; v++) {
        struct fixture f;
        open_version(&f, v);
        uint64_t first = pointer_in(&f, f.interp + f.l->interp_threads);
        const struct {
            uint64_t address, value;
        } knots[] = {
            {f.tstate + f.l->tstate_next, f.tstate},
            {f.tstate + f.l->tstate_next, first},
            {first + f.l->tstate_next, first},
            {f.interp + f.l->interp_next, f.interp},
        };
        for (size_t i = 0; i < sizeof knots / sizeof *knots; i++) {
            uint64_t last;
            spoil(&f, knots[i].address, knots[i].value);
            enum rd rd = threads_read(&f.spoilt.mem, &f.stored.runtime, take_last, &last);
            assert_int_equal(rd, RD_TORN);
            assert_true(f.spoilt.reads < 100);
        }
        close_version(&f);
    }
}

/* Every so many bytes of the image (an odd count of words, another one in each version). */
static void each_place(struct fixture *f, size_t version,
                       enum rd (*look)(struct fixture *f, uint64_t address))
{
    char path[PATH_MAX], name[32];
    uint64_t count, address = 0, gap, len_bytes;
    struct str file = STR_EMPTY;
    snprintf(name, sizeof name, "stacks-%s", subject_versions[version]);
    subject_path(path, name, ".img");
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    file = read_whole(in);
    fclose(in);
    const uint8_t *at = (const uint8_t *)file.data + MEM_IMAGE_MAGIC_BYTES;
    const uint8_t *end = (const uint8_t *)file.data + file.len;
    size_t torn = 0, looks = 0, step = 8 * (19 + 2 * version), next = 0;
    assert_int_equal(varint_get(&at, end, &count), 0);
    for (uint64_t i = 0; i < count; i++) {
        assert_int_equal(varint_get(&at, end, &gap), 0);
        assert_int_equal(varint_get(&at, end, &len_bytes), 0);
        address += gap;
        for (; next < len_bytes; next += step, looks++)
            torn += look(f, (address + next) & ~7ull) == RD_TORN;
        next -= len_bytes;
        address += len_bytes;
    }
    assert_true(torn && torn < looks);
    str_release(&file);
}

static enum rd look_zero(struct fixture *f, uint64_t address)
{
    return look_with(f, address, 0);
}

static enum rd look_ones(struct fixture *f, uint64_t address)
{
    return look_with(f, address, UINT64_MAX);
}

static enum rd look_hole(struct fixture *f, uint64_t address)
{
    f->spoilt = spoilt_of(f->stored.subject.mem);
    f->spoilt.hole = address;
    return look_spoilt(f, WALK_VERIFIED);
}

static void test_anything_anywhere(void **state)
{
    (void)state;
    for (size_t v = 0; v < SUBJECT_VERSIONS; v++) {
        struct fixture f;
        open_version(&f, v);
        each_place(&f, v, look_zero);
        each_place(&f, v, look_ones);
        each_place(&f, v, look_hole);
        close_version(&f);
    }
}

static void test_torn_at_any_read(void **state)
{
    (void)state;
    for (size_t v = 0; v < SUBJECT_VERSIONS; v++) {
        struct fixture f;
        open_version(&f, v);
        bool whole = false;
        for (uint64_t read = 1; !whole; read += 1 + read / 32) {
            f.spoilt = spoilt_of(f.stored.subject.mem);
            f.spoilt.torn_read = read;
            enum rd rd = look_spoilt(&f, WALK_VERIFIED);
            whole = f.spoilt.calls < read;
            assert_true(!whole || (rd == RD_OK && f.spoilt.reads < READS_WHOLE_MAX));
        }
        close_version(&f);
    }
}

/* What the target publishes of its structs is as hostile as the rest. */
static void test_published_offsets(void **state)
{
    (void)state;
    const uint64_t values[] = {0, 8, 500, 511, 512, 1 << 20, UINT32_MAX, UINT64_MAX};
    for (size_t v = 0; v < SUBJECT_VERSIONS; v++) {
        struct fixture f;
        open_version(&f, v);
        struct mem *m = f.stored.subject.mem;
        uint8_t offsets[LAYOUT_DEBUG_OFFSETS_BYTES];
        bool published = layout_minor(f.l) >= 13;
        if (published)
            assert_int_equal(mem_read(m, f.stored.runtime.address, offsets, sizeof offsets), RD_OK);
        for (size_t at = 0; published && at < sizeof offsets; at += 8)
            for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
                uint8_t spoilt[LAYOUT_DEBUG_OFFSETS_BYTES];
                struct layout l;
                memcpy(spoilt, offsets, sizeof spoilt);
                memcpy(spoilt + at, &values[i], 8);
                if (layout_published(&l, spoilt, sizeof spoilt))
                    continue;
                f.stored.runtime.layout = l;
                f.spoilt = spoilt_of(m);
                look_spoilt(&f, WALK_FROZEN);
            }
        close_version(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain_bites_its_tail),   cmocka_unit_test(test_endless_chain),
        cmocka_unit_test(test_absurd_lengths),         cmocka_unit_test(test_long_and_there),
        cmocka_unit_test(test_many_long_tables),       cmocka_unit_test(test_nulls),
        cmocka_unit_test(test_lists_bite_their_tails), cmocka_unit_test(test_anything_anywhere),
        cmocka_unit_test(test_torn_at_any_read),       cmocka_unit_test(test_published_offsets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
