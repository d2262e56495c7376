/* dictionary: each definition is emitted once and before it is used; ids are never used again. */
#include "model/dictionary.h"

#include "check.h"

/* Checks what a reader relies on: ids count up by one, and refer only to what was defined. */
struct definitions {
    struct sink sink;
    uint32_t strings, functions, frames, stacks, others;
};

static int definitions_emit(struct sink *sink, const struct event *event)
{
    struct definitions *d = (struct definitions *)sink;
    switch (event->kind) {
    case EVENT_STRING:
        assert_int_equal(event->string.id.i, ++d->strings);
        break;
    case EVENT_FUNCTION:
        assert_int_equal(event->function.id.i, ++d->functions);
        assert_in_range(event->function.name.i, 0, d->strings);
        assert_in_range(event->function.file.i, 0, d->strings);
        break;
    case EVENT_FRAME:
        assert_int_equal(event->frame.id.i, ++d->frames);
        assert_in_range(event->frame.function.i, 1, d->functions);
        break;
    case EVENT_STACK:
        assert_int_equal(event->stack.id.i, ++d->stacks);
        assert_in_range(event->stack.parent.i, 0, d->stacks - 1);
        assert_in_range(event->stack.frame.i, 1, d->frames);
        break;
    default:
        d->others++;
    }
    return 0;
}

static struct stack_id push(struct dictionary *d, struct stack_id parent, const char *name,
                            uint32_t line)
{
    struct string_id text = dictionary_string(d, name, strlen(name));
    struct string_id file = dictionary_string(d, "file.py", 7);
    struct function_id function = dictionary_function(d, text, file, 1);
    return dictionary_stack(d, parent, dictionary_frame(d, function, line));
}

static void test_each_once(void **state)
{
    (void)state;
    struct definitions seen = {.sink = {.emit = definitions_emit}};
    struct dictionary *d = dictionary_new(&seen.sink);
    struct stack_id root = push(d, (struct stack_id){0}, "main", 3);
    struct stack_id leaf = push(d, root, "leaf", 9);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(push(d, (struct stack_id){0}, "main", 3).i, root.i);
        assert_int_equal(push(d, root, "leaf", 9).i, leaf.i);
        dictionary_trim(d);
    }
    assert_int_equal(seen.strings, 3);
    assert_int_equal(seen.functions, 2);
    assert_int_equal(seen.frames, 2);
    assert_int_equal(seen.stacks, 2);
    assert_int_equal(seen.others, 0);
    assert_int_equal(dictionary_epoch(d), 0);
    dictionary_free(d);
}

static void test_trim_forgets_and_counts_on(void **state)
{
    (void)state;
    struct definitions seen = {.sink = {.emit = definitions_emit}};
    struct dictionary *d = dictionary_new(&seen.sink);
    for (uint32_t round = 1; round <= 3; round++) {
        for (uint32_t line = 0; line <= DICTIONARY_STACKS_MAX; line++)
            push(d, (struct stack_id){0}, "main", line);
        uint32_t stacks = seen.stacks, strings = seen.strings;
        dictionary_trim(d);
        assert_int_equal(dictionary_epoch(d), round);
        assert_int_equal(push(d, (struct stack_id){0}, "main", 0).i, stacks + 1);
        assert_int_equal(seen.strings, strings + 2);
        dictionary_trim(d);
        assert_int_equal(dictionary_epoch(d), round);
    }
    dictionary_free(d);
}

static void test_names_without_end_are_forgotten_too(void **state)
{
    (void)state;
    struct definitions seen = {.sink = {.emit = definitions_emit}};
    struct dictionary *d = dictionary_new(&seen.sink);
    for (uint32_t i = 0; i <= DICTIONARY_STACKS_MAX; i++)
        dictionary_string(d, (const char *)&i, sizeof i);
    dictionary_trim(d);
    assert_int_equal(dictionary_epoch(d), 1);
    dictionary_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_once),
        cmocka_unit_test(test_trim_forgets_and_counts_on),
        cmocka_unit_test(test_names_without_end_are_forgotten_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
