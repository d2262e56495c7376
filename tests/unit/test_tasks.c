/* tasks: from a stored image of 3.14 and 3.15, the chain from the running task to whoever
 * awaits it.
 *
 * With arguments PID [NAME]: prints the chain of the main thread of a live process, and keeps
 * what was read as image NAME. A task is a line with its name; its frames follow, indented:
 * function and line. */
#include "cpython/tasks.h"

#include "check.h"
#include "cpython/lines.h"
#include "cpython/objects.h"
#include "subject.h"

struct view {
    struct subject *subject;
    struct str text;
};

static void add_task(void *context, const char *name, size_t len_bytes)
{
    struct view *v = context;
    str_printf(&v->text, "%.*s\n", (int)len_bytes, name);
}

static uint32_t line_of(struct subject *s, const struct tasks_frame *frame)
{
    const struct layout *l = &s->layout;
    uint64_t table, len_bytes;
    uint32_t first_line;
    assert_int_equal(mem_read_u64(s->mem, frame->code + l->code_linetable, &table), RD_OK);
    assert_int_equal(mem_read_u64(s->mem, table + l->bytes_size, &len_bytes), RD_OK);
    assert_int_equal(mem_read(s->mem, frame->code + l->code_first_line, &first_line, 4), RD_OK);
    assert_in_range(len_bytes, 1, LINES_TABLE_BYTES_MAX);
    uint8_t *bytes = malloc(len_bytes);
    assert_int_equal(mem_read(s->mem, table + l->bytes_data, bytes, len_bytes), RD_OK);
    struct vec entries;
    vec_init(&entries, sizeof(struct lines_entry));
    assert_int_equal(lines_decode(&entries, l->lines, bytes, len_bytes, first_line), 0);
    uint64_t base = frame->code + l->code_instructions;
    uint32_t line = lines_at(&entries, (uint32_t)((frame->instr - base) / 2));
    vec_release(&entries);
    free(bytes);
    return line;
}

static void add_frame(void *context, const struct tasks_frame *frame)
{
    struct view *v = context;
    struct subject *s = v->subject;
    struct str name = STR_EMPTY;
    uint64_t address;
    assert_int_equal(mem_read_u64(s->mem, frame->code + s->layout.code_qualname, &address), RD_OK);
    assert_int_equal(object_str(s->mem, &s->layout, address, &name), RD_OK);
    str_printf(&v->text, "  %s %" PRIu32 "\n", name.data, line_of(s, frame));
    str_release(&name);
}

static uint64_t tstate_of(struct subject *s)
{
    uint64_t tstate;
    assert_int_equal(mem_read_u64(s->mem, s->interp + s->layout.interp_threads, &tstate), RD_OK);
    return tstate;
}

static struct tasks_offsets offsets_at(struct subject *s, uint64_t address)
{
    uint8_t bytes[TASKS_OFFSETS_BYTES];
    struct tasks_offsets offsets;
    assert_int_equal(mem_read(s->mem, address, bytes, sizeof bytes), RD_OK);
    assert_int_equal(tasks_offsets_parse(&offsets, bytes, sizeof bytes), 0);
    return offsets;
}

static enum rd look(struct subject *s, struct mem *mem, const struct tasks_offsets *offsets,
                    struct str *ret_text)
{
    struct view view = {s, STR_EMPTY};
    const struct tasks_visitor visitor = {add_task, add_frame, &view};
    enum rd rd = tasks_running(mem, &s->layout, offsets, tstate_of(s), &visitor);
    *ret_text = view.text;
    return rd;
}

static struct tasks_offsets offsets_noted(struct subject *s)
{
    uint64_t address;
    assert_int_equal(fscanf(s->note, "%" SCNx64 "\n", &address), 1);
    return offsets_at(s, address);
}

static const char *const images[] = {"tasks-3.14", "tasks-3.15"};

static void test_await_chain(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct subject s;
        subject_open(&s, images[i]);
        struct str found;
        struct tasks_offsets offsets = offsets_noted(&s);
        assert_int_equal(look(&s, s.mem, &offsets, &found), RD_OK);
        char expected[4096] = {0};
        assert_true(fread(expected, 1, sizeof expected - 1, s.note) > 0);
        assert_string_equal(found.data, expected);
        str_release(&found);
        subject_close(&s);
    }
}

/* Another task runs after the first look at which one does: nothing is told. */
struct shift {
    struct mem mem;
    struct mem *under;
    uint64_t running_task; /* address */
    unsigned reads;        /* of it */
};

static enum rd shift_read(struct mem *m, const struct mem_range *ranges, size_t count)
{
    struct shift *shift = (struct shift *)m;
    enum rd rd = mem_read_many(shift->under, ranges, count);
    for (size_t i = 0; rd == RD_OK && i < count; i++) {
        uint64_t offset = shift->running_task - ranges[i].address;
        if (offset < ranges[i].len_bytes && shift->reads++)
            memset((char *)ranges[i].buf + offset, 0, 8);
    }
    return rd;
}

static void test_change_is_noticed(void **state)
{
    (void)state;
    struct subject s;
    struct str found;
    subject_open(&s, images[0]);
    struct tasks_offsets offsets = offsets_noted(&s);
    struct shift shift = {.mem = {.read = shift_read},
                          .under = s.mem,
                          .running_task = tstate_of(&s) + offsets.tstate_running_task};
    assert_int_equal(look(&s, &shift.mem, &offsets, &found), RD_TORN);
    assert_int_equal(shift.reads, 2);
    assert_int_equal(found.len, 0);
    subject_close(&s);
}

static void test_offsets_are_checked(void **state)
{
    (void)state;
    struct tasks_offsets good = {.task_bytes = 200,
                                 .task_name = 136,
                                 .task_awaited_by = 96,
                                 .task_is_task = 108,
                                 .task_awaited_by_is_set = 109,
                                 .task_coro = 128,
                                 .task_node = 152,
                                 .tstate_bytes = 824,
                                 .tstate_running_loop = 304,
                                 .tstate_running_task = 312};
    struct tasks_offsets parsed;
    const uint8_t *bytes = (const uint8_t *)&good;
    assert_int_equal(tasks_offsets_parse(&parsed, bytes, sizeof good), 0);
    assert_int_equal(tasks_offsets_parse(&parsed, bytes, sizeof good - 1), -1);
    uint64_t *const fields[] = {&good.task_bytes,          &good.task_name,
                                &good.task_is_task,        &good.task_awaited_by_is_set,
                                &good.task_coro,           &good.task_awaited_by,
                                &good.task_node,           &good.tstate_bytes,
                                &good.tstate_running_loop, &good.tstate_running_task};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        uint64_t kept = *fields[i];
        *fields[i] = UINT64_MAX;
        assert_int_equal(tasks_offsets_parse(&parsed, bytes, sizeof good), -1);
        *fields[i] = kept;
    }
}

static int show(pid_t pid, const char *keep)
{
    struct subject s;
    struct str found;
    if (subject_attach(&s, pid) < 0)
        return 2;
    uint64_t address = runtime_section(pid, "_asyncio", ".AsyncioDebug");
    if (!address)
        address = runtime_section(pid, "python", ".AsyncioDebug");
    struct tasks_offsets offsets = offsets_at(&s, address);
    enum rd rd = look(&s, s.mem, &offsets, &found);
    if (found.data)
        fputs(found.data, stdout);
    struct str note = STR_EMPTY;
    str_printf(&note, "%" PRIx64 "\n%s", address, found.data ? found.data : "");
    int kept = keep ? subject_keep(&s, keep, note.data) : 0;
    str_release(&note);
    str_release(&found);
    subject_close(&s);
    return rd == RD_OK && kept == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return show((pid_t)atoi(argv[1]), argc > 2 ? argv[2] : NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_await_chain),
        cmocka_unit_test(test_change_is_noticed),
        cmocka_unit_test(test_offsets_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
