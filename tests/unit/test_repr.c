/* locals and repr: from a stored image of every version, every variable of a program's main thread
 * as it was told live, where the program itself had confirmed it (tests/live/test_dump.py).
 *
 * With arguments PID [NAME]: prints the variables of a live process, and keeps what was read as
 * image NAME. */
#include "cpython/locals.h"
#include "cpython/repr.h"

#include "check.h"
#include "subject.h"

enum { CHARS_MAX = 512 };

struct writing {
    struct repr repr;
    struct str *text;
    size_t longest;
};

static bool add_variable(void *context, const struct locals_variable *variable)
{
    struct writing *w = context;
    str_printf(w->text, "%c %.*s\t", variable->argument ? 'a' : 'l', (int)variable->name_bytes,
               variable->name);
    size_t before = w->text->len;
    repr_object(&w->repr, variable->value, CHARS_MAX, w->text);
    if (w->text->len - before > w->longest)
        w->longest = w->text->len - before;
    str_add(w->text, "\n");
    return true;
}

/* The oldest thread's frames, innermost first. RD_OK, or why there is no stack. */
static enum rd write_all(struct mem *m, const struct layout *l, uint64_t interp, struct str *text,
                         size_t *ret_longest)
{
    uint64_t tstate;
    struct walk walk;
    struct writing w = {.text = text};
    enum rd rd = mem_read_u64(m, interp + l->interp_threads, &tstate);
    walk_init(&walk);
    repr_init(&w.repr, m, l);
    if (rd == RD_OK)
        rd = walk_read(&walk, m, l, tstate, WALK_FROZEN);
    for (size_t i = 0; i < walk.frames.len && rd == RD_OK; i++) {
        const struct walk_frame *frame = vec_at(&walk.frames, i);
        if (frame->python)
            locals_read(m, l, frame, add_variable, &w);
    }
    repr_release(&w.repr);
    walk_release(&walk);
    *ret_longest = w.longest;
    return rd;
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
        snprintf(name, sizeof name, "variables-%s", subject_versions[i]);
        struct subject s;
        size_t longest;
        subject_open(&s, name);
        struct str found = STR_EMPTY, expected = expected_of(&s);
        assert_int_equal(write_all(s.mem, &s.layout, s.interp, &found, &longest), RD_OK);
        assert_string_equal(found.data, expected.data);
        assert_true(found.len > 5000);
        str_release(&found);
        str_release(&expected);
        subject_close(&s);
    }
}

/* Every way in which the image may lack a part: some text all the same, and never a long one. */
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
    subject_open(&s, "variables-3.12");
    bool whole = false;
    for (uint64_t gap = 0; !whole; gap += 1 + gap / 64) {
        struct str found = STR_EMPTY;
        size_t longest;
        struct gap g = {.mem = {.read = gap_read}, .under = s.mem, .gap = gap};
        enum rd rd = write_all(&g.mem, &s.layout, s.interp, &found, &longest);
        whole = g.reads <= gap;
        assert_true(rd == RD_OK || rd == RD_TORN);
        assert_true(longest < 4 * CHARS_MAX + 64);
        str_release(&found);
    }
    subject_close(&s);
}

static int show(pid_t pid, const char *keep)
{
    struct subject s;
    struct str found = STR_EMPTY;
    size_t longest;
    if (subject_attach(&s, pid) < 0)
        return 2;
    enum rd rd = write_all(s.mem, &s.layout, s.interp, &found, &longest);
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
