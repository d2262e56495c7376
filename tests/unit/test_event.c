/* event: one line of text for people, safe for a terminal and never longer than its room. */
#include "model/event.h"

#include "check.h"
#include "events.h"

static void test_fields_by_name(void **state)
{
    (void)state;
    char line[256];
    struct event event = {.kind = EVENT_SAMPLE};
    event.sample = (struct sample_event){{1}, {7}, 3};
    size_t len = event_print(&event, line, sizeof line);
    assert_string_equal(line, "SAMPLE thread=1 stack=7 state=3");
    assert_int_equal(len, strlen(line));
    event = (struct event){.kind = EVENT_PROCESS_END};
    event.process_end = (struct process_end_event){{2}, UINT64_MAX, -1};
    event_print(&event, line, sizeof line);
    assert_string_equal(line, "PROCESS_END process=2 t_ns=18446744073709551615 exit_status=-1");
}

static void test_texts_are_quoted(void **state)
{
    (void)state;
    char line[256];
    struct event event = {.kind = EVENT_STRING};
    event.string = (struct string_event){{1}, {"a\"\\\x1b[2Jé", 9}};
    event_print(&event, line, sizeof line);
    assert_string_equal(line, "STRING id=1 text=\"a\\\"\\\\\\x1b[2Jé\"");
}

static void test_every_kind_in_every_room(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < EVENT_KINDS; i++) {
        struct event event = event_extreme(event_kinds[i], &seed);
        for (size_t room = 0; room < 200; room++) {
            char *line = malloc(room + 1);
            size_t len = event_print(&event, line, room);
            assert_true(room == 0 ? len == 0 : len < room);
            if (room)
                assert_int_equal(strlen(line), len);
            free(line);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_by_name),
        cmocka_unit_test(test_texts_are_quoted),
        cmocka_unit_test(test_every_kind_in_every_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
