/* objects: strings of every kind, ints of every size, from objects laid out in this process.
 * Dicts and attributes are proven by names, on images of every version. */
#include "cpython/objects.h"

#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

enum { PAGE_BYTES = 4096, KIND_SHIFT = 2, COMPACT = 1 << 5, ASCII = 1 << 6 };

static struct mem *self;
static struct layout layout_3_8, layout_3_12;

static int attach(void **state)
{
    (void)state;
    self = mem_live_new(getpid());
    return layout_known(&layout_3_8, 0x030812f0) || layout_known(&layout_3_12, 0x030c01f0);
}

static int detach(void **state)
{
    (void)state;
    mem_free(self);
    return 0;
}

/* A str in `bytes`; its characters behind the header. */
static uint64_t str_at(uint8_t *bytes, const struct layout *l, uint64_t count, unsigned width,
                       bool ascii, const void *characters)
{
    uint32_t state = width << KIND_SHIFT | COMPACT | (ascii ? ASCII : 0);
    memcpy(bytes + l->str_length, &count, 8);
    memcpy(bytes + l->str_state, &state, 4);
    memcpy(bytes + (ascii ? l->str_ascii : l->str_compact), characters, count * width);
    return (uint64_t)(uintptr_t)bytes;
}

static void check_str(const struct layout *l, uint64_t address, const char *expected)
{
    struct str text = STR_EMPTY;
    str_add(&text, "before ");
    assert_int_equal(object_str(self, l, address, &text), RD_OK);
    assert_memory_equal(text.data, "before ", 7);
    assert_string_equal(text.data + 7, expected);
    str_release(&text);
}

static void check_torn(uint64_t address)
{
    struct str text = STR_EMPTY;
    str_add(&text, "before");
    assert_int_equal(object_str(self, &layout_3_12, address, &text), RD_TORN);
    assert_string_equal(text.data, "before");
    str_release(&text);
}

static void test_kinds(void **state)
{
    (void)state;
    static const uint16_t two[] = {'a', 0xe9, 0x444, 0xd800, 0xffff};
    static const uint32_t four[] = {'a', 0xe9, 0x444, 0x1f4a9, 0x10ffff};
    const struct layout *layouts[] = {&layout_3_8, &layout_3_12};
    for (size_t i = 0; i < 2; i++) {
        const struct layout *l = layouts[i];
        uint8_t bytes[256] = {0};
        check_str(l, str_at(bytes, l, 0, 1, true, ""), "");
        check_str(l, str_at(bytes, l, 5, 1, true, "ascii"), "ascii");
        check_str(l, str_at(bytes, l, 4, 1, false, "caf\xe9"), "caf\xc3\xa9");
        check_str(l, str_at(bytes, l, 5, 2, false, two),
                  "a\xc3\xa9\xd1\x84\xed\xa0\x80\xef\xbf\xbf");
        check_str(l, str_at(bytes, l, 5, 4, false, four),
                  "a\xc3\xa9\xd1\x84\xf0\x9f\x92\xa9\xf4\x8f\xbf\xbf");
    }
}

static void test_characters_elsewhere(void **state)
{
    (void)state;
    const struct layout *l = &layout_3_12;
    uint8_t bytes[256] = {0};
    const char *elsewhere = "of a subclass";
    uint64_t address = str_at(bytes, l, 13, 1, true, "..wrong here."),
             at = (uint64_t)(uintptr_t)elsewhere;
    uint32_t not_compact = 1 << KIND_SHIFT | ASCII;
    memcpy(bytes + l->str_state, &not_compact, 4);
    memcpy(bytes + l->str_compact, &at, 8);
    check_str(l, address, "of a subclass");
}

static void test_long_ones_are_cut(void **state)
{
    (void)state;
    const struct layout *l = &layout_3_12;
    const size_t count = OBJECT_STR_BYTES_MAX + 100;
    uint16_t *characters = calloc(count, 2);
    uint8_t *bytes = calloc(1, 256 + 2 * count);
    for (size_t i = 0; i < count; i++)
        characters[i] = 0x444;
    struct str text = STR_EMPTY;
    uint64_t address = str_at(bytes, l, count, 2, false, characters);
    assert_int_equal(object_str(self, l, address, &text), RD_OK);
    assert_int_equal(text.len, OBJECT_STR_BYTES_MAX);
    /* A character of three bytes does not fit as a whole. */
    for (size_t i = 0; i < count; i++)
        characters[i] = 0x20ac;
    str_clear(&text);
    str_at(bytes, l, count, 2, false, characters);
    assert_int_equal(object_str(self, l, address, &text), RD_OK);
    assert_int_equal(text.len, OBJECT_STR_BYTES_MAX / 3 * 3);
    /* Longer than what is mapped, but not than what is wanted. */
    uint64_t endless = (uint64_t)1 << 60;
    memcpy(bytes + l->str_length, &endless, 8);
    str_clear(&text);
    assert_int_equal(object_str(self, l, address, &text), RD_OK);
    str_release(&text);
    free(characters);
    free(bytes);
}

static void test_contradictions_are_torn(void **state)
{
    (void)state;
    const struct layout *l = &layout_3_12;
    static const uint32_t beyond = 0x110000;
    uint8_t bytes[256] = {0};
    uint64_t address = str_at(bytes, l, 5, 1, true, "caf\xe9!");
    check_torn(address);
    str_at(bytes, l, 1, 4, false, &beyond);
    check_torn(address);
    str_at(bytes, l, 1, 3, false, "abc");
    check_torn(address);
    str_at(bytes, l, 2, 2, true, "abcd");
    check_torn(address);
    uint64_t huge = UINT64_MAX;
    str_at(bytes, l, 1, 1, true, "a");
    memcpy(bytes + l->str_length, &huge, 8);
    check_torn(address);
    check_torn(8);
}

static void test_end_of_the_mapping(void **state)
{
    (void)state;
    const struct layout *l = &layout_3_12;
    uint8_t *pages =
        mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(pages, MAP_FAILED);
    assert_int_equal(mprotect(pages + PAGE_BYTES, PAGE_BYTES, PROT_NONE), 0);
    /* Eight bytes are less than a header of the other kinds of str takes. */
    check_str(l, str_at(pages + PAGE_BYTES - l->str_ascii - 8, l, 7, 1, true, "the end"),
              "the end");
    munmap(pages, 2 * PAGE_BYTES);
}

struct int_row {
    uint64_t tag; /* ob_size until 3.11, lv_tag from 3.12 on */
    uint32_t digits[4];
    enum rd rd;
    int64_t value;
};

static void check_int(const struct layout *l, const struct int_row *row)
{
    uint8_t bytes[64] = {0};
    memcpy(bytes + l->long_tag, &row->tag, 8);
    memcpy(bytes + l->long_digits, row->digits, sizeof row->digits);
    int64_t value = 77;
    assert_int_equal(object_int(self, l, (uint64_t)(uintptr_t)bytes, &value), row->rd);
    assert_true(value == (row->rd == RD_OK ? row->value : 77));
}

static void test_ints(void **state)
{
    (void)state;
    const uint32_t full = 0x3fffffff;
    const struct int_row until_3_11[] = {
        {0, {0}, RD_OK, 0},
        {1, {5}, RD_OK, 5},
        {-1ull, {5}, RD_OK, -5},
        {2, {1, 1}, RD_OK, (1 << 30) + 1},
        {3, {full, full, 7}, RD_OK, INT64_MAX},
        {-3ull, {0, 0, 8}, RD_OK, INT64_MIN},
        {3, {0, 0, 8}, RD_TORN, 0},
        {-3ull, {1, 0, 8}, RD_TORN, 0},
        {4, {1, 1, 1, 1}, RD_TORN, 0},
        {1, {1u << 30}, RD_TORN, 0},
        {(uint64_t)INT64_MIN, {0}, RD_TORN, 0},
    };
    const struct int_row from_3_12[] = {
        {1, {0}, RD_OK, 0},
        {1 << 3, {5}, RD_OK, 5},
        {1 << 3 | 2, {5}, RD_OK, -5},
        {1 << 3 | 4, {5}, RD_OK, 5}, /* bit 2: immortal, from 3.14 on */
        {3 << 3, {full, full, 7}, RD_OK, INT64_MAX},
        {3 << 3 | 2, {0, 0, 8}, RD_OK, INT64_MIN},
        {3 << 3, {0, 0, 8}, RD_TORN, 0},
        {4 << 3, {1, 1, 1, 1}, RD_TORN, 0},
        {1 << 3 | 3, {5}, RD_TORN, 0},
    };
    for (size_t i = 0; i < sizeof until_3_11 / sizeof *until_3_11; i++)
        check_int(&layout_3_8, &until_3_11[i]);
    for (size_t i = 0; i < sizeof from_3_12 / sizeof *from_3_12; i++)
        check_int(&layout_3_12, &from_3_12[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_characters_elsewhere),
        cmocka_unit_test(test_long_ones_are_cut),
        cmocka_unit_test(test_contradictions_are_torn),
        cmocka_unit_test(test_end_of_the_mapping),
        cmocka_unit_test(test_ints),
    };
    return cmocka_run_group_tests(tests, attach, detach);
}
