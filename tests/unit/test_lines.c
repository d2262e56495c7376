/* lines: decoded tables agree, instruction by instruction, with what the interpreter itself
 * said when it made the fixture.
 *
 * Arguments, if any, are files to check in place of the fixtures: VERSION=FILE. */
#include "cpython/lines.h"

#include "check.h"

#define FIXTURES "fixtures/lines"

/* A line of the fixture: as tests/fixtures/programs/line_tables.py prints it. */
struct table {
    uint32_t first_line, instructions;
    uint8_t *bytes;
    size_t len_bytes;
    const char *truth;
};

static enum layout_lines format_of(unsigned minor)
{
    return minor <= 9 ? LAYOUT_LNOTAB : minor == 10 ? LAYOUT_LINETABLE : LAYOUT_LOCATIONS;
}

static struct table table_parse(char *line)
{
    struct table t = {.first_line = (uint32_t)strtoul(line, &line, 10)};
    t.instructions = (uint32_t)strtoul(line, &line, 10);
    char *hex = ++line;
    char *end = strchr(hex, ' ');
    assert_non_null(end);
    t.len_bytes = (size_t)(end - hex) / 2;
    t.bytes = malloc(t.len_bytes + 1);
    for (size_t i = 0; i < t.len_bytes; i++)
        assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &t.bytes[i]), 1);
    t.truth = end + 1;
    return t;
}

static void check_table(const struct table *t, enum layout_lines format, const char *where)
{
    struct vec entries;
    vec_init(&entries, sizeof(struct lines_entry));
    assert_int_equal(lines_decode(&entries, format, t->bytes, t->len_bytes, t->first_line), 0);
    char *at = (char *)t->truth;
    uint32_t instr = 0, line = 0, next = (uint32_t)strtoul(at, &at, 10);
    while (instr < t->instructions) {
        if (instr == next) {
            line = (uint32_t)strtoul(at + 1, &at, 10);
            next = *at == ',' ? (uint32_t)strtoul(at + 1, &at, 10) : UINT32_MAX;
        }
        if (lines_at(&entries, instr) != line)
            fail_msg("%s, first line %u, instruction %u of %u: %u, not %u", where, t->first_line,
                     instr, t->instructions, lines_at(&entries, instr), line);
        instr++;
    }
    for (size_t i = 1; i < entries.len; i++) {
        const struct lines_entry *entry = vec_at(&entries, i);
        assert_true(entry[-1].instr < entry->instr);
        assert_int_not_equal(entry[-1].line, entry->line);
    }
    vec_release(&entries);
}

/* How many tables. */
static size_t check_file(const char *path, unsigned minor)
{
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("cannot open %s", path);
    char *line = NULL;
    size_t line_bytes = 0, count = 0;
    while (getline(&line, &line_bytes, file) > 0) {
        struct table t = table_parse(line);
        check_table(&t, format_of(minor), path);
        free(t.bytes);
        count++;
    }
    free(line);
    fclose(file);
    return count;
}

static void fixture_path(char *path, size_t path_bytes, unsigned minor)
{
    const char *slash = strstr(__FILE__, "unit/test_lines.c");
    snprintf(path, path_bytes, "%.*s" FIXTURES "/3.%u.txt", (int)(slash - __FILE__), __FILE__,
             minor);
}

static void test_every_version(void **state)
{
    (void)state;
    for (unsigned minor = 8; minor <= 15; minor++) {
        char path[4096];
        fixture_path(path, sizeof path, minor);
        assert_true(check_file(path, minor) > 20);
    }
}

static const enum layout_lines formats[] = {LAYOUT_LNOTAB, LAYOUT_LINETABLE, LAYOUT_LOCATIONS};

static void test_negative_lines_and_long_spans(void **state)
{
    (void)state;
    struct vec entries;
    vec_init(&entries, sizeof(struct lines_entry));
    /* 255 + 45 bytes on, 127 + 73 lines on; then 4 bytes on, 150 lines back. */
    const uint8_t lnotab[] = {255, 0, 45, 127, 0, 73, 4, 0x80, 0, 0xea};
    assert_int_equal(lines_decode(&entries, LAYOUT_LNOTAB, lnotab, sizeof lnotab, 10), 0);
    assert_int_equal(lines_at(&entries, 149), 10);
    assert_int_equal(lines_at(&entries, 150), 210);
    assert_int_equal(lines_at(&entries, 151), 210);
    assert_int_equal(lines_at(&entries, 152), 60);
    assert_int_equal(lines_at(&entries, UINT32_MAX), 60);
    /* Long form, 3 units, 100000 lines on; none, 1 unit; long form, 100000 lines back. */
    const uint8_t locations[] = {
        0x80 | 14 << 3 | 2, 0x40,           0x40 | 53, 0x40 | 48, 0, 0, 1, 1,
        0x80 | 15 << 3,     0x80 | 13 << 3, 0x41,      0x40 | 53, 48};
    assert_int_equal(lines_decode(&entries, LAYOUT_LOCATIONS, locations, sizeof locations, 10), 0);
    assert_int_equal(lines_at(&entries, 2), 10 + (53 << 5 | 48 << 11));
    assert_int_equal(lines_at(&entries, 3), 0);
    assert_int_equal(lines_at(&entries, 4), 10);
    assert_int_equal(lines_at(&entries, 5), 0);
    vec_release(&entries);
}

static void test_nothing(void **state)
{
    (void)state;
    struct vec entries;
    vec_init(&entries, sizeof(struct lines_entry));
    assert_int_equal(lines_at(&entries, 0), 0);
    for (size_t i = 0; i < 3; i++) {
        const uint32_t expected = formats[i] == LAYOUT_LNOTAB ? 7 : 0;
        assert_int_equal(lines_decode(&entries, formats[i], NULL, 0, 7), 0);
        assert_int_equal(lines_at(&entries, 0), expected);
    }
    vec_release(&entries);
}

static void test_too_long(void **state)
{
    (void)state;
    const size_t len_bytes = LINES_TABLE_BYTES_MAX;
    uint8_t *table = malloc(len_bytes + 1);
    memset(table, 0x80 | 11 << 3, len_bytes + 1);
    struct vec entries;
    vec_init(&entries, sizeof(struct lines_entry));
    assert_int_equal(lines_decode(&entries, LAYOUT_LOCATIONS, table, len_bytes, 1), 0);
    assert_int_equal(lines_at(&entries, (uint32_t)len_bytes - 1), len_bytes + 1);
    assert_int_equal(lines_decode(&entries, LAYOUT_LOCATIONS, table, len_bytes + 1, 1), -1);
    assert_int_equal(entries.len, 0);
    vec_release(&entries);
    free(table);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        unsigned minor;
        if (!equals || sscanf(argv[i], "3.%u", &minor) != 1)
            return 2;
        printf("%zu\n", check_file(equals + 1, minor));
    }
    if (argc > 1)
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_version),
        cmocka_unit_test(test_negative_lines_and_long_spans),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
