/* option: every way to write an option, and one clear sentence for every way to get it wrong. */
#include "cli/option.h"

#include "check.h"

enum { MODE_WALL, MODE_CPU };

struct sample_options {
    bool threads, subprocesses, blocking, nonblocking;
    int mode;
    uint64_t rate, duration_ns, flush_ns;
    const char *output;
    struct vec pids, include;
};

static const char *mode_name(size_t i)
{
    static const char *const names[] = {"wall", "cpu", NULL};
    return names[i];
}

#define AT(field) offsetof(struct sample_options, field)

static const struct option rows[] = {
    {.name = "threads", .letter = 't', .kind = OPTION_FLAG, .offset = AT(threads)},
    {.name = "subprocesses", .letter = 's', .kind = OPTION_FLAG, .offset = AT(subprocesses)},
    {.name = "blocking", .kind = OPTION_FLAG, .offset = AT(blocking), .excludes = "nonblocking"},
    {.name = "nonblocking", .kind = OPTION_FLAG, .offset = AT(nonblocking)},
    {.name = "mode",
     .kind = OPTION_CHOICE,
     .argument = "M",
     .offset = AT(mode),
     .choice = mode_name},
    {.name = "cpu", .letter = 'c', .kind = OPTION_SET, .offset = AT(mode), .min = MODE_CPU},
    {.name = "rate",
     .letter = 'r',
     .kind = OPTION_UINT,
     .argument = "N",
     .offset = AT(rate),
     .min = 1,
     .max = 1000000},
    {.name = "duration",
     .letter = 'd',
     .kind = OPTION_SECONDS,
     .argument = "S",
     .offset = AT(duration_ns),
     .min = 1,
     .max = OPTION_UNLIMITED},
    {.name = "flush-every",
     .kind = OPTION_SECONDS,
     .argument = "S",
     .offset = AT(flush_ns),
     .min = 1,
     .max = 1000000000000},
    {.name = "output", .letter = 'o', .kind = OPTION_TEXT, .argument = "F", .offset = AT(output)},
    {.name = "pid",
     .letter = 'p',
     .kind = OPTION_UINTS,
     .argument = "N",
     .offset = AT(pids),
     .min = 1,
     .max = INT32_MAX},
    {.name = "include", .kind = OPTION_TEXTS, .argument = "P", .offset = AT(include)},
    {.name = "inherit", .kind = OPTION_FLAG, .offset = AT(threads)},
    {.name = "capture", .kind = OPTION_FLAG, .offset = AT(threads), .hidden = true},
    {0},
};
static const struct option_group groups[] = {
    {"Options", rows, 0}, {"Other", option_help_rows, 0}, {0}};

struct parsed {
    int result;
    struct sample_options options;
    struct arguments arguments;
    struct err err;
};

/* The words are separated by blanks. */
static struct parsed *parse_as(bool program, const char *line)
{
    static struct parsed parsed;
    static char words[256];
    static char *argv[32];
    size_t count = 0;

    option_release(groups, &parsed.options, &parsed.arguments);
    parsed = (struct parsed){0};
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        argv[count++] = word;
    argv[count] = NULL;
    parsed.result =
        option_parse(groups, program, argv, &parsed.options, &parsed.arguments, &parsed.err);
    return &parsed;
}

static struct sample_options *parse(const char *line)
{
    struct parsed *p = parse_as(false, line);
    if (p->result != 0)
        fail_msg("'%s': %s", line, p->err.text);
    return &p->options;
}

static void test_spellings(void **state)
{
    static const char *const lines[] = {
        "--rate 250", "--rate=250", "-r 250", "-r250", "-r=250", "--ra 250", "--ra=0xfa", "-tr250",
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_int_equal(parse(lines[i])->rate, 250);
    assert_int_equal(parse("--flush_every 2.5")->flush_ns, 2500000000);
    assert_int_equal(parse("--flush-every .000000001")->flush_ns, 1);
    assert_int_equal(parse("-d 3")->duration_ns, 3000000000);
    assert_true(parse("-d Unlimited")->duration_ns == OPTION_UNLIMITED);
    assert_string_equal(parse("-o -")->output, "-");
    assert_string_equal(parse("--output=-x")->output, "-x");
}

static void test_flags(void **state)
{
    (void)state;
    struct sample_options *o = parse("-st");
    assert_true(o->subprocesses && o->threads && !o->blocking);
    assert_int_equal(parse("--mode CPU")->mode, MODE_CPU);
    assert_int_equal(parse("-c --mode wall")->mode, MODE_WALL);
    assert_int_equal(parse("--mode wall -c")->mode, MODE_CPU);
    assert_true(parse("--capture")->threads);
}

static void test_repeated(void **state)
{
    (void)state;
    struct sample_options *o = parse("-p 1 --pid 0x10 --include a* --include b -p3");
    assert_int_equal(o->pids.len, 3);
    assert_int_equal(*(uint64_t *)vec_at(&o->pids, 1), 16);
    assert_int_equal(*(uint64_t *)vec_at(&o->pids, 2), 3);
    const char *const *include = o->include.data;
    assert_string_equal(include[0], "a*");
    assert_string_equal(include[1], "b");
    assert_null(include[2]);
}

static void test_operands(void **state)
{
    (void)state;
    struct parsed *p = parse_as(false, "a -t b -- -s");
    assert_int_equal(p->arguments.operand_count, 3);
    assert_string_equal(p->arguments.operands[2], "-s");
    assert_null(p->arguments.operands[3]);
    assert_true(p->options.threads && !p->options.subprocesses);

    p = parse_as(true, "-t python -s --rate 0");
    assert_int_equal(p->result, 0);
    assert_int_equal(p->arguments.operand_count, 4);
    assert_true(p->options.threads && !p->options.subprocesses);

    p = parse_as(true, "-- -x -- y");
    assert_int_equal(p->arguments.operand_count, 3);
    assert_string_equal(p->arguments.operands[1], "--");
}

static void test_help_ends_parsing(void **state)
{
    (void)state;
    struct parsed *p = parse_as(false, "-th --no-such-option");
    assert_int_equal(p->result, 0);
    assert_true(p->arguments.help && p->options.threads);
}

/* What Python takes for a program is one. */
static void test_modules_and_code(void **state)
{
    (void)state;
    struct parsed *p = parse_as(true, "-t -m json.tool --help");
    assert_int_equal(p->result, 0);
    assert_int_equal(p->arguments.operand_count, 3);
    assert_string_equal(p->arguments.operands[0], "-m");
    assert_string_equal(p->arguments.operands[2], "--help");
    p = parse_as(true, "-c pass");
    assert_int_equal(p->result, 0);
    assert_string_equal(p->arguments.operands[0], "pass"); /* -c is an option here */
    assert_int_equal(parse_as(false, "-m json.tool")->result, -1);
}

static void test_errors(void **state)
{
    static const struct {
        const char *line, *text, *hint;
    } wrong[] = {
        {"--tread", "unknown option '--tread'", "did you mean '--threads'?"},
        {"--captur", "unknown option '--captur'", ""},
        {"--zzzzz", "unknown option '--zzzzz'", ""},
        {"-tx", "unknown option '-x'", ""},
        {"--=5", "unknown option '--'", ""},
        {"--in", "'--in' may mean --include or --inherit", ""},
        {"--threads=1", "--threads takes no value", ""},
        {"--rate", "--rate needs a value: --rate N", ""},
        {"-r -t", "--rate needs a value: --rate N", "write --rate=-t if that is the value"},
        {"-r 0", "--rate takes a whole number from 1 to 1000000, not '0'", ""},
        {"-r -5", "--rate takes a whole number from 1 to 1000000, not '-5'", ""},
        {"-r 1e3", "--rate takes a whole number from 1 to 1000000, not '1e3'", ""},
        {"-r 0x", "--rate takes a whole number from 1 to 1000000, not '0x'", ""},
        {"-r 99999999999999999999", "--rate takes a whole number", NULL},
        {"-d 0", "--duration takes seconds above 0 or 'unlimited', not '0'", ""},
        {"-d .", "--duration takes seconds above 0 or 'unlimited', not '.'", ""},
        {"-d 1.2.3", "--duration takes seconds above 0", NULL},
        {"-d inf", "--duration takes seconds above 0", NULL},
        {"--flush-every 99999999999999999999999", "--flush-every takes seconds above 0, not", NULL},
        {"--flush-every unlimited", "--flush-every takes seconds above 0, not 'unlimited'", ""},
        {"--mode cup", "--mode takes one of wall, cpu, not 'cup'", "did you mean 'cpu'?"},
        {"--nonblocking --blocking", "--blocking and --nonblocking cannot be used together", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct parsed *p = parse_as(false, wrong[i].line);
        assert_int_equal(p->result, -1);
        assert_int_equal(p->err.status, STATUS_USAGE);
        if (strncmp(p->err.text, wrong[i].text, strlen(wrong[i].text)) != 0)
            fail_msg("'%s': %s", wrong[i].line, p->err.text);
        if (wrong[i].hint != NULL)
            assert_string_equal(p->err.hint, wrong[i].hint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spellings),         cmocka_unit_test(test_flags),
        cmocka_unit_test(test_repeated),          cmocka_unit_test(test_operands),
        cmocka_unit_test(test_modules_and_code),  cmocka_unit_test(test_errors),
        cmocka_unit_test(test_help_ends_parsing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
