/* ring: calls are added to and taken back from a queue as each version of CPython keeps it, and a queue that is locked,
 * full or none at all is left alone. */
#include "check.h"
#include "inject/ring.h"

enum {
    AT = 0x10000,
    INTERP = 0x1000,
    MEMORY_BYTES = 0x4000,
    SEMAPHORE = 0x3f00,
    INITIALIZED = 0x3e00,
    TEXT_BYTES = 166, /* with a folder in /var/tmp (inject/script.c) */
    FUNCTION = 0x1111,
};
static const struct ring_call idle = {0x3333, 0x4444};

/* The runtime at AT, its main interpreter at AT + INTERP. */
struct process {
    struct mem mem;
    uint8_t bytes[MEMORY_BYTES];
    struct runtime runtime;
    struct ring ring;
};

static enum rd process_read(struct mem *m, const struct mem_range *ranges, size_t count)
{
    const struct process *p = (const struct process *)m;
    for (size_t i = 0; i < count; i++) {
        if (ranges[i].address < AT || ranges[i].address - AT > MEMORY_BYTES - ranges[i].len_bytes)
            return RD_TORN;
        memcpy(ranges[i].buf, p->bytes + (ranges[i].address - AT), ranges[i].len_bytes);
    }
    return RD_OK;
}

static void poke(struct process *p, uint64_t address, uint64_t value, size_t len_bytes)
{
    memcpy(p->bytes + (address - AT), &value, len_bytes);
}

static uint64_t peek(const struct process *p, uint64_t address, size_t len_bytes)
{
    uint64_t value = 0;
    memcpy(&value, p->bytes + (address - AT), len_bytes);
    return value;
}

static void apply(struct process *p, const struct patch *patch)
{
    for (size_t i = 0; i < patch->len; i++)
        poke(p, patch->words[i].address, patch->words[i].value, patch->words[i].len_bytes);
}

/* Include/internal at each version's tag, by hand: a second opinion on the table. */
static const struct version {
    unsigned hex, main, queue, first, last, todo, lock, calls, entry_bytes, breaker;
    bool in_runtime;
} versions[] = {
    {0x03080000, 40, 600, 1136, 1140, 616, 608, 624, 16, 592, true},
    {0x03090000, 40, 80, 608, 612, 88, 80, 96, 16, 72, false},
    {0x030a0000, 40, 80, 608, 612, 88, 80, 96, 16, 68, false},
    {0x030b07f0, 48, 112, 640, 644, 120, 112, 128, 16, 100, false},
    {0x030c01f0, 48, 400, 936, 940, 416, 408, 424, 16, 368, false},
    {0x030d00f0, 640, 32, 7256, 7260, 44, 40, 56, 24, 0, false},
};

enum { VERSIONS = sizeof(versions) / sizeof(*versions) };

static bool is_313(const struct version *v)
{
    return v->hex >> 16 == 0x030d;
}

static uint64_t base_of(const struct version *v)
{
    return AT + (v->in_runtime ? 0 : INTERP);
}

static struct process *process_new(const struct version *v)
{
    struct process *p = calloc(1, sizeof *p);
    p->mem.read = process_read;
    p->runtime.address = AT;
    p->runtime.layout.version = v->hex;
    p->runtime.layout.runtime_initialized = INITIALIZED;
    poke(p, AT + INITIALIZED, 1, 4);
    poke(p, AT + v->main, AT + INTERP, 8);
    if (is_313(v)) {
        poke(p, base_of(v) + v->queue + 16, 300, 4); /* max */
    } else {
        poke(p, base_of(v) + v->lock, AT + SEMAPHORE, 8);
        poke(p, AT + SEMAPHORE, 1, 4);
    }
    assert_int_equal(ring_find(&p->ring, &p->runtime, &p->mem), RING_FREE);
    return p;
}

static enum ring_state add(struct process *p)
{
    struct patch patch;
    enum ring_state state = ring_add(&p->ring, &p->mem, FUNCTION, TEXT_BYTES, idle, &patch);
    if (state == RING_FREE)
        apply(p, &patch);
    return state;
}

static void test_call_is_added(void **state)
{
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++) {
        const struct version *v = &versions[i];
        struct process *p = process_new(v);
        uint64_t base = base_of(v);
        poke(p, base + v->first, 7, 4);
        poke(p, base + v->last, 7, 4);
        assert_int_equal(add(p), RING_FREE);
        const uint64_t at = base + v->calls + 7 * v->entry_bytes;
        assert_int_equal(peek(p, at, 8), FUNCTION);
        assert_int_equal(peek(p, at + 8, 8), p->ring.room);
        assert_int_equal(peek(p, at + v->entry_bytes, 8), idle.function);
        assert_int_equal(peek(p, at + v->entry_bytes + 8, 8), idle.argument);
        assert_int_equal(peek(p, base + v->first, 4), 7);
        assert_int_equal(peek(p, base + v->last, 4), 9);
        assert_int_equal(peek(p, base + v->todo, 4), is_313(v) ? 2 : 1);
        if (v->breaker)
            assert_int_equal(peek(p, base + v->breaker, 4), 1);
        free(p);
    }
}

static void test_end_of_the_ring_is_followed_by_its_beginning(void **state)
{
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++) {
        const struct version *v = &versions[i];
        struct process *p = process_new(v);
        uint64_t end = is_313(v) ? 299 : 31;
        poke(p, base_of(v) + v->first, end, 4);
        poke(p, base_of(v) + v->last, end, 4);
        assert_int_equal(add(p), RING_FREE);
        assert_int_equal(peek(p, base_of(v) + v->last, 4), 1);
        assert_int_equal(peek(p, base_of(v) + v->calls, 8), idle.function);
        assert_true(ring_waits(&p->ring, &p->mem, FUNCTION));
        assert_true(ring_runs(&p->ring, &p->mem, idle));
        free(p);
    }
}

static void test_call_waits_until_it_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++) {
        const struct version *v = &versions[i];
        struct process *p = process_new(v);
        struct patch patch;
        assert_int_equal(add(p), RING_FREE);
        assert_true(ring_waits(&p->ring, &p->mem, FUNCTION));
        poke(p, base_of(v) + v->first, 1, 4); /* CPython takes it, and forgets nothing */
        poke(p, base_of(v) + v->todo, is_313(v), 4);
        assert_false(ring_waits(&p->ring, &p->mem, FUNCTION));
        assert_true(ring_runs(&p->ring, &p->mem, idle));
        poke(p, base_of(v) + v->first, 2, 4);
        poke(p, base_of(v) + v->todo, 0, 4);
        assert_false(ring_runs(&p->ring, &p->mem, idle));
        assert_int_equal(add(p), RING_FREE);
        ring_replace(&p->ring, idle, &patch);
        apply(p, &patch);
        assert_false(ring_waits(&p->ring, &p->mem, FUNCTION));
        assert_true(ring_runs(&p->ring, &p->mem, idle));
        free(p);
    }
}

static void test_locked_ring_is_left_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++) {
        const struct version *v = &versions[i];
        struct process *p = process_new(v);
        if (is_313(v))
            poke(p, base_of(v) + v->lock, 1, 1);
        else
            poke(p, AT + SEMAPHORE, 0, 4);
        assert_int_equal(add(p), RING_BUSY);
        free(p);
    }
}

/* Wherever the queue begins and however long it is: no entry that is in use or comes to be soon is under the text. */
static void test_room_for_the_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++) {
        const struct version *v = &versions[i];
        const uint32_t entries = is_313(v) ? 300 : 32, most = v->hex >> 16 >= 0x030c ? 4 : 0;
        for (uint32_t first = 0; first < entries; first++)
            for (uint32_t used = 0; used <= most; used++) {
                struct process *p = process_new(v);
                const uint64_t calls = base_of(v) + v->calls;
                poke(p, base_of(v) + v->first, first, 4);
                poke(p, base_of(v) + v->last, (first + used) % entries, 4);
                poke(p, base_of(v) + v->todo, is_313(v) ? used : used > 0, 4);
                assert_int_equal(add(p), RING_FREE);
                assert_true(p->ring.room >= calls);
                assert_true(p->ring.room + TEXT_BYTES <= calls + entries * v->entry_bytes);
                for (uint32_t j = 0; j < used + 4; j++) {
                    uint64_t entry = calls + (first + j) % entries * v->entry_bytes;
                    assert_true(entry >= p->ring.room + TEXT_BYTES ||
                                entry + v->entry_bytes <= p->ring.room);
                }
                free(p);
            }
    }
}

/* Until 3.11 it is as good as full with one call. */
static void test_full_ring_is_left_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++) {
        struct process *p = process_new(&versions[i]);
        int added = 0, most = is_313(&versions[i]) ? 146 : versions[i].hex >> 16 == 0x030c ? 10 : 1;
        while (add(p) == RING_FREE && added < 1000)
            added++;
        assert_int_equal(added, most);
        assert_int_equal(add(p), RING_BUSY);
        free(p);
    }
}

static void test_what_is_no_ring_is_left_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++) {
        const struct version *v = &versions[i];
        const uint64_t words[][2] = {{v->first, 1000}, {v->last, 1000}, {v->todo, 1000}};
        for (size_t j = 0; j < sizeof words / sizeof *words; j++) {
            struct process *p = process_new(v);
            poke(p, base_of(v) + words[j][0], words[j][1], 4);
            assert_int_equal(add(p), RING_STRANGE);
            free(p);
        }
        struct process *p = process_new(v);
        if (is_313(v))
            poke(p, base_of(v) + v->queue + 16, 0, 4);
        else
            poke(p, base_of(v) + v->lock, 1, 8); /* points nowhere */
        assert_int_equal(add(p), RING_STRANGE);
        free(p);
    }
}

static void test_interpreter_that_ends_is_left_alone(void **state)
{
    (void)state;
    struct process *p = process_new(&versions[3]);
    poke(p, AT + 24, 1, 8); /* _finalizing */
    assert_int_equal(ring_find(&p->ring, &p->runtime, &p->mem), RING_ENDING);
    free(p);
}

static void test_interpreter_that_starts_is_left_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++) {
        struct process *p = process_new(&versions[i]);
        poke(p, AT + INITIALIZED, 0, 4);
        assert_int_equal(ring_find(&p->ring, &p->runtime, &p->mem), RING_BUSY);
        free(p);
    }
}

static void test_unknown_versions(void **state)
{
    (void)state;
    const unsigned unknown[] = {0x03070000, 0x030d00b1, 0x030e00f0};
    struct process *p = process_new(&versions[5]);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        p->runtime.layout.version = unknown[i];
        assert_int_equal(ring_find(&p->ring, &p->runtime, &p->mem), RING_STRANGE);
    }
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_call_is_added),
        cmocka_unit_test(test_end_of_the_ring_is_followed_by_its_beginning),
        cmocka_unit_test(test_call_waits_until_it_is_taken),
        cmocka_unit_test(test_locked_ring_is_left_alone),
        cmocka_unit_test(test_room_for_the_text),
        cmocka_unit_test(test_full_ring_is_left_alone),
        cmocka_unit_test(test_what_is_no_ring_is_left_alone),
        cmocka_unit_test(test_interpreter_that_ends_is_left_alone),
        cmocka_unit_test(test_interpreter_that_starts_is_left_alone),
        cmocka_unit_test(test_unknown_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
