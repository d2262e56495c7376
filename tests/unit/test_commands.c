/* commands: what the tables must hold so that parser, help, man page and completions can rely on it. */
#include <ctype.h>

#include "check.h"
#include "cli/command.h"
#include "report/report.h"

static void each_row(void (*check)(const struct command *command, const struct option *row))
{
    for (const struct command *const *c = commands; *c != NULL; c++) {
        for (const struct option_group *group = (*c)->groups; group->rows != NULL; group++) {
            for (const struct option *row = group->rows; row->name != NULL; row++)
                check(*c, row);
        }
    }
}

static int times_used(const struct command *command, const struct option *wanted)
{
    int times = 0;
    for (const struct option_group *group = command->groups; group->rows != NULL; group++) {
        for (const struct option *row = group->rows; row->name != NULL; row++)
            times += strcmp(row->name, wanted->name) == 0 ||
                     (row->letter != 0 && row->letter == wanted->letter);
    }
    return times;
}

static void check_row(const struct command *command, const struct option *row)
{
    bool takes_value = row->kind != OPTION_FLAG && row->kind != OPTION_SET &&
                       row->kind != OPTION_COUNT && row->kind != OPTION_HELP;
    if (times_used(command, row) != 1)
        fail_msg("%s has --%s or its letter twice", command->name, row->name);
    if (takes_value != (row->argument != NULL))
        fail_msg("--%s of %s: kind and argument disagree", row->name, command->name);
    if (row->kind == OPTION_CHOICE)
        assert_non_null(row->choice);
    if (!isupper((unsigned char)row->doc[0]) || row->doc[strlen(row->doc) - 1] == '.')
        fail_msg("--%s of %s: a doc begins with a capital and has no full stop", row->name,
                 command->name);
}

static void test_rows(void **state)
{
    (void)state;
    each_row(check_row);
}

static void test_commands_have_help(void **state)
{
    (void)state;
    for (const struct command *const *c = commands; *c != NULL; c++) {
        assert_non_null((*c)->usage);
        assert_true(isupper((unsigned char)(*c)->doc[0]));
        assert_int_equal(times_used(*c, option_help_rows), 1);
    }
}

static void test_found_by_beginning(void **state)
{
    (void)state;
    struct err err = {0};
    assert_string_equal(command_named("rec", &err)->name, "record");
    assert_string_equal(command_named("record", &err)->name, "record");
    assert_null(command_named("re", &err));
    assert_string_equal(err.text, "'re' may mean record or report");
    assert_null(command_named("exprot", &err));
    assert_int_equal(err.status, STATUS_USAGE);
    assert_string_equal(err.hint, "did you mean `heatline export`?");
    assert_null(command_named("", &err));
    assert_null(command_named("comp", &err)); /* hidden ones are not guessed */
    assert_non_null(command_named("completions", &err));
}

/* The options that choose a report hold its index. */
static void test_reports(void **state)
{
    (void)state;
    struct err err = {0};
    const struct option *row = command_named("report", &err)->groups[0].rows;
    size_t count = 0;
    for (; row->name != NULL; row++, count++) {
        assert_int_equal(row->min, count);
        assert_string_equal(row->name, reports[count].name);
    }
    assert_null(reports[count].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_commands_have_help),
        cmocka_unit_test(test_found_by_beginning),
        cmocka_unit_test(test_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
