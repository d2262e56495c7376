/* names: from a stored image of every version, every thread's name as the program itself knows
 * it.
 *
 * With arguments PID [NAME]: prints the names of a live process, and keeps what was read as
 * image NAME. */
#include "cpython/names.h"

#include "check.h"
#include "subject.h"

static void add_name(void *context, uint64_t ident, const char *name, size_t len_bytes)
{
    str_printf(context, "%" PRIu64 "\t%.*s\n", ident, (int)len_bytes, name);
}

static struct str expected_of(struct subject *s)
{
    struct str expected = STR_EMPTY;
    char part[4096];
    for (size_t got; (got = fread(part, 1, sizeof part, s->note)) > 0;)
        str_add_bytes(&expected, part, got);
    return expected;
}

static void test_every_version(void **state)
{
    (void)state;
    for (size_t i = 0; i < SUBJECT_VERSIONS; i++) {
        char name[32];
        snprintf(name, sizeof name, "names-%s", subject_versions[i]);
        struct subject s;
        subject_open(&s, name);
        struct str found = STR_EMPTY, expected = expected_of(&s);
        assert_int_equal(names_read(s.mem, &s.layout, s.interp, add_name, &found), RD_OK);
        assert_string_equal(found.data, expected.data);
        str_release(&found);
        str_release(&expected);
        subject_close(&s);
    }
}

/* Every way in which the image may lack a part: an answer or a torn read, never more. */
struct gap {
    struct mem mem;
    struct mem *under;
    uint64_t reads, gap; /* that read fails */
};

static enum rd gap_read(struct mem *m, const struct mem_range *ranges, size_t count)
{
    struct gap *g = (struct gap *)m;
    return g->reads++ == g->gap ? RD_TORN : mem_read_many(g->under, ranges, count);
}

static void test_torn_anywhere(void **state)
{
    (void)state;
    struct subject s;
    subject_open(&s, "names-3.12");
    bool whole = false;
    for (uint64_t gap = 0; !whole; gap++) {
        struct str found = STR_EMPTY;
        struct gap g = {.mem = {.read = gap_read}, .under = s.mem, .gap = gap};
        enum rd rd = names_read(&g.mem, &s.layout, s.interp, add_name, &found);
        whole = g.reads <= gap;
        assert_true(rd == RD_OK || rd == RD_TORN);
        assert_true(!whole || (rd == RD_OK && found.len));
        str_release(&found);
    }
    subject_close(&s);
}

static int show(pid_t pid, const char *keep)
{
    struct subject s;
    struct str found = STR_EMPTY;
    if (subject_attach(&s, pid) < 0)
        return 2;
    enum rd rd = names_read(s.mem, &s.layout, s.interp, add_name, &found);
    if (found.data)
        fputs(found.data, stdout);
    int kept = keep ? subject_keep(&s, keep, found.data) : 0;
    str_release(&found);
    subject_close(&s);
    return rd == RD_OK && kept == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return show((pid_t)atoi(argv[1]), argc > 2 ? argv[2] : NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_version),
        cmocka_unit_test(test_torn_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
