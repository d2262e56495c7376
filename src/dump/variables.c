/* Knows how much of a frame's variables a dump shows; not how they are read. */
#include "dump/variables.h"

#include "cpython/locals.h"

struct context {
    struct dump *dump;
    struct repr *repr;
    size_t count;
};

static bool add(void *at, const struct locals_variable *variable)
{
    struct context *context = at;
    struct dump *d = context->dump;
    struct dump_local local = {.argument = variable->argument, .address = variable->value};
    local.name = dump_add_text(d, variable->name, variable->name_bytes);
    local.value = d->texts.len;
    local.cut = repr_object(context->repr, variable->value,
                            (size_t)d->options.locals * DUMP_VALUE_CHARS, &d->texts);
    str_add_bytes(&d->texts, "", 1);
    *(struct dump_local *)vec_push(&d->locals) = local;
    return ++context->count < DUMP_LOCALS_MAX;
}

void variables_read(struct dump *d, struct mem *mem, struct repr *repr,
                    const struct walk_frame *place)
{
    repr->mem = mem;
    struct context context = {d, repr, 0};
    locals_read(mem, &d->runtime.layout, place, add, &context);
}
