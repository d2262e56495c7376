/* profile: streams are merged by content, samples get their look's time, and nonsense is counted. */
#include "model/profile.h"

#include "check.h"
#include "events.h"
#include "model/dictionary.h"

static void emit(struct profile *p, struct event event)
{
    p->sink.emit(&p->sink, &event);
}

#define EMIT(p, KIND, name, ...)                                                                   \
    emit(p, (struct event){.kind = EVENT_##KIND, .name = (struct name##_event){__VA_ARGS__}})

static struct stack_id define_stack(struct profile *p, const char *leaf)
{
    struct dictionary *d = dictionary_new(&p->sink);
    struct string_id file = dictionary_string(d, "f.py", 4);
    struct string_id names[] = {dictionary_string(d, "main", 4),
                                dictionary_string(d, leaf, strlen(leaf))};
    struct stack_id stack = {0};
    for (uint32_t i = 0; i < 2; i++) {
        struct function_id function = dictionary_function(d, names[i], file, 1);
        stack = dictionary_stack(d, stack, dictionary_frame(d, function, 10 + i));
    }
    dictionary_free(d);
    return stack;
}

static void define_thread(struct profile *p, uint32_t id, uint32_t process)
{
    EMIT(p, PROCESS, process, {process}, 100, 4000 + process, {0}, {0}, {0}, 0x030d0000, 0);
    EMIT(p, THREAD, thread, {id}, {process}, 100, 5000 + id, {0}, 0, 77);
}

static const struct profile_sample *sample_at(const struct profile *p, size_t i)
{
    return vec_at(&p->samples, i);
}

static void test_a_sample_gets_its_look(void **state)
{
    (void)state;
    struct profile *p = profile_new();
    struct stack_id stack = define_stack(p, "leaf");
    define_thread(p, 1, 1);
    define_thread(p, 2, 2);
    EMIT(p, TICK, tick, {1}, 1000, 10);
    EMIT(p, TICK, tick, {2}, 2000, 20);
    EMIT(p, SAMPLE, sample, {1}, stack, SAMPLE_ON_CPU | SAMPLE_TRUNCATED);
    EMIT(p, SAMPLE, sample, {2}, {0}, 0);
    assert_int_equal(p->samples.len, 2);
    assert_int_equal(sample_at(p, 0)->t_ns, 1000);
    assert_int_equal(sample_at(p, 0)->weight_ns, 10);
    assert_int_equal(sample_at(p, 1)->t_ns, 2000);
    assert_int_equal(sample_at(p, 1)->weight_ns, 20);
    assert_int_equal(sample_at(p, 1)->stack.i, 0);
    assert_int_equal(p->truncated, 1);
    assert_int_equal(p->damaged, 0);
    assert_int_equal(p->start_ns, 100);
    assert_int_equal(p->end_ns, 2000);
    const struct profile_stack *leaf = vec_at(&p->stacks, sample_at(p, 0)->stack.i);
    const struct profile_frame *frame = vec_at(&p->frames, leaf->frame.i);
    const struct profile_function *function = vec_at(&p->functions, frame->function.i);
    assert_int_equal(leaf->depth, 2);
    assert_int_equal(frame->line, 11);
    assert_string_equal(profile_string(p, function->name), "leaf");
    assert_string_equal(profile_string(p, function->file), "f.py");
    profile_free(p);
}

static void test_streams_are_merged_by_content(void **state)
{
    (void)state;
    struct profile *p = profile_new();
    uint32_t stacks[3];
    for (uint32_t stream = 0; stream < 3; stream++) {
        p->sink.begin_stream(&p->sink);
        /* Ids differ from stream to stream: something else comes first in the last one. */
        if (stream == 2)
            define_stack(p, "other");
        EMIT(p, STRING, string, {900}, {"leaf", 4});
        struct stack_id stack = define_stack(p, "leaf");
        define_thread(p, 1, 1);
        EMIT(p, TICK, tick, {1}, stream, 1);
        EMIT(p, SAMPLE, sample, {1}, stack, 0);
        stacks[stream] = sample_at(p, stream)->stack.i;
    }
    assert_int_equal(stacks[0], stacks[1]);
    assert_int_equal(stacks[0], stacks[2]);
    assert_int_equal(p->stacks.len, 1 + 3);
    assert_int_equal(p->functions.len, 1 + 3);
    assert_int_equal(p->threads.len, 1 + 3); /* these are each stream's own */
    profile_free(p);
}

static void test_what_refers_to_nothing_is_counted(void **state)
{
    (void)state;
    struct profile *p = profile_new();
    EMIT(p, SAMPLE, sample, {7}, {0}, 0);
    assert_int_equal(p->samples.len, 0);
    assert_int_equal(p->damaged, 1);
    EMIT(p, SAMPLE, sample, {0}, {0}, 0);
    assert_int_equal(p->damaged, 2);
    EMIT(p, STACK, stack, {1}, {5}, {6});
    assert_int_equal(p->damaged, 4);
    const struct profile_stack *stack = vec_at(&p->stacks, 1);
    assert_int_equal(stack->parent.i, 0);
    assert_int_equal(stack->frame.i, 0);
    EMIT(p, TICK, tick, {3}, 50, 1);
    EMIT(p, THREAD_END, thread_end, {3}, 50);
    EMIT(p, PROCESS_END, process_end, {3}, 50, 0);
    assert_int_equal(p->damaged, 7);
    define_thread(p, 1, 1);
    p->sink.begin_stream(&p->sink);
    EMIT(p, SAMPLE, sample, {1}, {0}, 0); /* defined, but in another stream */
    assert_int_equal(p->damaged, 8);
    profile_free(p);
}

static void test_a_huge_id_costs_no_memory(void **state)
{
    (void)state;
    struct profile *p = profile_new();
    EMIT(p, STRING, string, {UINT32_MAX}, {"x", 1});
    EMIT(p, STACK, stack, {(1 << 26) + 1}, {0}, {0});
    EMIT(p, FRAME, frame, {1 << 25}, {0}, 0);
    EMIT(p, FUNCTION, function, {0}, {0}, {0}, 0);
    assert_int_equal(p->damaged, 4);
    assert_int_equal(p->stacks.len, 1);
    profile_free(p);
}

static void test_processes_form_no_circle(void **state)
{
    (void)state;
    struct profile *p = profile_new();
    for (int round = 0; round < 2; round++) {
        EMIT(p, PROCESS, process, {1}, 100, 4001, {2}, {0}, {0}, 0, 0);
        EMIT(p, PROCESS, process, {2}, 100, 4002, {1}, {0}, {0}, 0, 0);
        EMIT(p, PROCESS, process, {3}, 100, 4003, {3}, {0}, {0}, 0, 0);
    }
    assert_int_equal(p->processes.len, 1 + 3);
    for (uint32_t i = 1; i < p->processes.len; i++)
        assert_true(((struct profile_process *)vec_at(&p->processes, i))->parent.i < i);
    profile_free(p);
}

static void test_the_last_word_counts(void **state)
{
    (void)state;
    struct profile *p = profile_new();
    EMIT(p, STRING, string, {1}, {"old", 3});
    EMIT(p, STRING, string, {2}, {"new", 3});
    EMIT(p, PROCESS, process, {1}, 100, 4001, {0}, {1}, {1}, 0, 0);
    EMIT(p, PROCESS, process, {1}, 100, 4001, {0}, {1}, {2}, 0x030c0000, 1);
    EMIT(p, PROCESS_END, process_end, {1}, 300, 139);
    EMIT(p, THREAD, thread, {1}, {1}, 100, 5001, {1}, 0, 0);
    EMIT(p, THREAD, thread, {1}, {1}, 100, 5001, {2}, 0, 0);
    EMIT(p, NOTE, note, {"mode", 4}, {"wall", 4});
    EMIT(p, NOTE, note, {"mode", 4}, {"cpu", 3});
    assert_int_equal(p->processes.len, 2);
    const struct profile_process *process = vec_at(&p->processes, 1);
    assert_string_equal(profile_string(p, process->command), "new");
    assert_int_equal(process->python, 0x030c0000);
    assert_int_equal(process->exit_status, 139);
    assert_int_equal(process->end_ns, 300);
    const struct profile_thread *thread = vec_at(&p->threads, 1);
    assert_string_equal(profile_string(p, thread->name), "new");
    assert_string_equal(profile_note_value(p, "mode"), "cpu");
    assert_null(profile_note_value(p, "rate"));
    assert_string_equal(profile_string(p, (struct string_id){0}), "");
    profile_free(p);
}

static void check_references(const struct profile *p)
{
    for (uint32_t i = 1; i < p->stacks.len; i++) {
        const struct profile_stack *stack = vec_at(&p->stacks, i);
        assert_true(stack->parent.i < i);
        assert_true(stack->frame.i < p->frames.len);
    }
    for (size_t i = 0; i < p->frames.len; i++) {
        const struct profile_frame *frame = vec_at(&p->frames, i);
        assert_true(frame->function.i < p->functions.len);
    }
    for (size_t i = 0; i < p->samples.len; i++) {
        assert_true(sample_at(p, i)->thread.i < p->threads.len);
        assert_true(sample_at(p, i)->stack.i < p->stacks.len);
    }
}

static void test_any_events_make_a_sound_profile(void **state)
{
    (void)state;
    uint64_t seed = 5;
    struct profile *p = profile_new();
    for (int i = 0; i < 20000; i++) {
        if (i % 5000 == 4999)
            p->sink.begin_stream(&p->sink);
        emit(p, event_extreme(event_kinds[number_next(&seed) % EVENT_KINDS], &seed));
    }
    assert_int_equal(p->events, 20000);
    assert_true(p->damaged > 0);
    check_references(p);
    profile_free(p);
}

static void test_a_sample_takes_few_bytes(void **state)
{
    (void)state;
    assert_true(sizeof(struct profile_sample) <= 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sample_gets_its_look),
        cmocka_unit_test(test_streams_are_merged_by_content),
        cmocka_unit_test(test_what_refers_to_nothing_is_counted),
        cmocka_unit_test(test_a_huge_id_costs_no_memory),
        cmocka_unit_test(test_processes_form_no_circle),
        cmocka_unit_test(test_the_last_word_counts),
        cmocka_unit_test(test_any_events_make_a_sound_profile),
        cmocka_unit_test(test_a_sample_takes_few_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
