/* stacks: from a stored image of every version, every thread's stack as the program itself told it.
 *
 * With arguments PID [NAME]: prints the stacks of a live process, and keeps what was read as image
 * NAME, if standard input says the same (tests/fixtures/images/record does, of every version). */
#include "stacks.h"

static void test_every_version(void **state)
{
    (void)state;
    for (size_t i = 0; i < SUBJECT_VERSIONS; i++)
        for (int mode = WALK_VERIFIED; mode <= WALK_FROZEN; mode++) {
            struct stored s;
            struct look k;
            stored_open(&s, subject_versions[i]);
            look_init(&k, s.subject.mem, &s.runtime, mode);
            assert_int_equal(look_at_all(&k), RD_OK);
            assert_string_equal(k.text.data, s.expected.data);
            assert_int_equal(k.threads, 3);
            assert_true(k.frames > 60);
            look_release(&k);
            stored_close(&s);
        }
}

/* Refuses the rest of a page, which a walk asks for where it knows nothing yet: then it asks for
 * the frame alone, and the image is small. */
struct exact {
    struct mem mem;
    struct mem *under;
};

static enum rd exact_read(struct mem *m, const struct mem_range *ranges, size_t count)
{
    bool page = count == 1 && ranges->address % 4096 == 0 && ranges->len_bytes < 4096;
    if (page && ranges->len_bytes > LAYOUT_FRAME_BYTES_MAX)
        return RD_TORN;
    return mem_read_many(((struct exact *)m)->under, ranges, count);
}

static void exact_free(struct mem *m)
{
    mem_free(((struct exact *)m)->under);
    free(m);
}

static struct mem *exact_new(struct mem *under)
{
    struct exact *e = calloc(1, sizeof *e);
    *e = (struct exact){.mem = {.read = exact_read, .free = exact_free}, .under = under};
    return &e->mem;
}

/* 0, or -1 when there is no Python. */
static int attach(struct subject *s, struct runtime *runtime, pid_t pid)
{
    struct mem *live = mem_live_new(pid);
    struct runtime_finder *finder = runtime_finder_new();
    enum runtime_state state = runtime_find(finder, pid, live, runtime);
    uint8_t offsets[LAYOUT_DEBUG_OFFSETS_BYTES];
    runtime_finder_free(finder);
    *s = (struct subject){.mem = mem_tape_new(exact_new(live)),
                          .layout = runtime->layout,
                          .runtime = runtime->address};
    if (state == RUNTIME_READY && s->layout.version >= 0x030d0000)
        assert_int_equal(mem_read(s->mem, s->runtime, offsets, sizeof offsets), RD_OK);
    return state == RUNTIME_READY ? 0 : -1;
}

/* Keeps the image only if what was found is what the program says of itself (standard input). */
static int keep(struct subject *s, const struct runtime *runtime, const char *name,
                const char *found)
{
    struct str truth = read_whole(stdin), note = STR_EMPTY;
    int kept = -1;
    str_printf(&note, "%" PRIx64 "\n%s", runtime->code_type, found);
    if (truth.data && strcmp(truth.data, found) == 0)
        kept = subject_keep(s, name, note.data);
    else
        fprintf(stderr, "the program says:\n%s", truth.data ? truth.data : "");
    str_release(&truth);
    str_release(&note);
    return kept;
}

static int show(pid_t pid, const char *name)
{
    struct subject s;
    struct runtime runtime = {0};
    enum rd rd = attach(&s, &runtime, pid) < 0 ? RD_GONE : RD_OK;
    int kept = 0;
    for (int mode = WALK_VERIFIED; mode <= WALK_FROZEN && rd == RD_OK; mode++) {
        struct look k;
        look_init(&k, s.mem, &runtime, mode);
        rd = look_at_all(&k);
        if (mode == WALK_FROZEN && rd == RD_OK) {
            fputs(k.text.data, stdout);
            kept = name ? keep(&s, &runtime, name, k.text.data) : 0;
        }
        look_release(&k);
    }
    subject_close(&s);
    return rd == RD_OK && kept == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return show((pid_t)atoi(argv[1]), argc > 2 ? argv[2] : NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
