/* slices: calls as samples of a profile, exact in sum however many there are. */
#include "analysis/slices.h"

#include "base/vec.h"
#include "check.h"
#include "trace.h"

enum { STEP_NS = 100 };

/* Reads the image and frees it. */
static struct profile *read_all(struct image *m)
{
    struct profile *p = profile_new();
    struct reader_summary summary;
    struct err err = {0};
    struct reader *reader = reader_open_bytes(m->bytes, m->len, "image", &err);
    assert_non_null(reader);
    assert_int_equal(slices_replay(reader, true, p, &summary, &err), 0);
    reader_free(reader);
    free(m->bytes);
    return p;
}

static char letter_of(const struct profile *p, struct stack_id id)
{
    const struct profile_stack *stack = vec_at(&p->stacks, id.i);
    const struct profile_frame *frame = vec_at(&p->frames, stack->frame.i);
    const struct profile_function *function = vec_at(&p->functions, frame->function.i);
    return profile_string(p, function->name)[0];
}

static void test_what_lies_between_changes(void **state)
{
    (void)state;
    struct image m = trace_new();
    trace_segment(&m, 1, 0);
    trace_lane(&m, 1, 10, 0, "");
    trace_enter(&m, 'a', 10);
    trace_enter(&m, 'b', 30);
    trace_leave(&m, EVENT_LEAVE, 60);
    trace_leave(&m, EVENT_LEAVE, 70);
    trace_enter(&m, 'c', 90);
    trace_leave(&m, EVENT_LEAVE, 95);
    struct profile *p = read_all(&m);
    static const struct {
        uint64_t t_ns, weight_ns;
        char function;
    } expected[] = {{30, 20, 'a'}, {60, 30, 'b'}, {70, 10, 'a'}, {95, 5, 'c'}};
    assert_true(p->of_calls);
    assert_int_equal(p->samples.len, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct profile_sample *sample = vec_at(&p->samples, i);
        assert_int_equal(sample->t_ns, expected[i].t_ns);
        assert_int_equal(sample->weight_ns, expected[i].weight_ns);
        assert_int_equal(letter_of(p, sample->stack), expected[i].function);
        assert_int_equal(sample->thread.i, 1);
    }
    profile_free(p);
}

/* More slices than are kept: b takes every second step of a, in two threads. */
static void test_sums_stay_exact(void **state)
{
    (void)state;
    enum { CALLS = SLICES_MAX * 3 / 8 };
    struct image m = trace_new();
    for (uint32_t thread = 1; thread <= 2; thread++) {
        uint32_t sequence = 0;
        uint64_t t_ns = 0;
        for (uint32_t i = 0; i < CALLS; i++) {
            struct heat_segment *last =
                (struct heat_segment *)(m.bytes + m.len - IMAGE_SEGMENT_BYTES);
            if (!i || last->used_bytes > IMAGE_SEGMENT_BYTES - 200) {
                trace_segment(&m, thread, sequence++);
                trace_lane(&m, thread, t_ns, i > 0, i ? "a" : "");
            }
            if (!i)
                trace_enter(&m, 'a', t_ns);
            trace_enter(&m, 'b', t_ns += STEP_NS);
            trace_leave(&m, EVENT_LEAVE, t_ns += STEP_NS);
        }
    }
    struct profile *p = read_all(&m);
    uint64_t sums[2][2] = {{0}}, last_ns = 0;
    assert_in_range(p->samples.len, 1000, SLICES_MAX);
    for (size_t i = 0; i < p->samples.len; i++) {
        const struct profile_sample *sample = vec_at(&p->samples, i);
        sums[sample->thread.i - 1][letter_of(p, sample->stack) - 'a'] += sample->weight_ns;
        if (i &&
            sample->thread.i == ((struct profile_sample *)vec_at(&p->samples, i - 1))->thread.i)
            assert_int_equal(sample->t_ns - sample->weight_ns, last_ns);
        last_ns = sample->t_ns;
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(sums[i / 2][i % 2], (uint64_t)CALLS * STEP_NS);
    profile_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_lies_between_changes),
        cmocka_unit_test(test_sums_stay_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
