/* The await chain under a thread's stack, when asked for (3.14+): task names and suspended coroutines become
 * frames. Knows _asyncio's published tables only through cpython/tasks. */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "sampler/tally.h"

enum { LOOK_WAIT_NS = 200 * NS_PER_MS, STEPS_MAX = 512 };

struct chain {
    struct process *process;
    uint64_t now_ns;
    uint32_t len;
    struct frame_id frames[STEPS_MAX]; /* innermost first */
};

static void add_task(void *context, const char *name, size_t len_bytes)
{
    struct chain *chain = context;
    struct dictionary *d = sampler_dictionary(chain->process->sampler);
    struct str label = STR_EMPTY;
    str_add(&label, "task: ");
    str_add_bytes(&label, name, len_bytes);
    struct string_id text = dictionary_string(d, label.data, label.len);
    str_release(&label);
    struct function_id function = dictionary_function(d, text, (struct string_id){0}, 0);
    if (chain->len < STEPS_MAX)
        chain->frames[chain->len++] = dictionary_frame(d, function, 0);
}

static void add_frame(void *context, const struct tasks_frame *frame)
{
    struct chain *chain = context;
    struct walk_frame place = {.code = frame->code,
                               .instr = frame->instr,
                               .tlbc_index = frame->tlbc_index,
                               .python = true};
    struct frame_id id;
    if (chain->len < STEPS_MAX &&
        code_cache_prepare(chain->process->codes, &place, 1,
                           code_cache_due_ns(chain->process->codes), chain->now_ns) == RD_OK &&
        code_cache_frame(chain->process->codes, &place, &id))
        chain->frames[chain->len++] = id;
}

/* _asyncio is loaded some time after the start: look again now and then. */
static bool find_tables(struct process *p, uint64_t now_ns)
{
    if (p->tasks_address || now_ns < p->next_tasks_ns)
        return p->tasks_address != 0;
    p->next_tasks_ns = now_ns + LOOK_WAIT_NS;
    uint8_t bytes[TASKS_OFFSETS_BYTES];
    static const char *const files[] = {"_asyncio",
                                        "python"}; /* a module of its own, or built in */
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        uint64_t address = runtime_section(p->pid, files[i], ".AsyncioDebug");
        if (address && mem_read(p->mem, address, bytes, sizeof(bytes)) == RD_OK &&
            tasks_offsets_parse(&p->tasks, bytes, sizeof(bytes)) == 0) {
            p->tasks_address = address;
            return true;
        }
    }
    return false;
}

struct stack_id process_tasks_stack(struct process *p, const struct thread *t)
{
    struct stack_id stack = {0};
    uint64_t now_ns = clock_ns();
    if (layout_minor(&p->runtime.layout) < 14 || !find_tables(p, now_ns))
        return stack;
    struct chain chain = {.process = p, .now_ns = now_ns};
    const struct tasks_visitor visitor = {.task = add_task, .frame = add_frame, .context = &chain};
    if (tasks_running(p->mem, &p->runtime.layout, &p->tasks, t->tstate, &visitor) != RD_OK)
        return stack;
    struct dictionary *d = sampler_dictionary(p->sampler);
    for (uint32_t i = chain.len; i-- > 0;)
        stack = dictionary_stack(d, stack, chain.frames[i]);
    return stack;
}
