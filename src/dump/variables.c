/* Knows how much of a frame's variables a dump shows; not how they are read. */
#include "dump/variables.h"

#include "cpython/locals.h"

struct context {
    struct dump *dump;
    struct repr *repr;
    struct map *written;
    size_t count;
};

static void write_value(struct context *context, struct dump_local *local)
{
    struct dump *d = context->dump;
    uint32_t i;
    if (context->written && map_find(context->written, local->address, &i)) {
        const struct dump_local *same = vec_at(&d->locals, i);
        local->value = same->value;
        local->cut = same->cut;
        return;
    }
    local->value = d->texts.len;
    local->cut = repr_object(context->repr, local->address,
                             (size_t)d->options.locals * DUMP_VALUE_CHARS, &d->texts);
    str_add_bytes(&d->texts, "", 1);
    if (context->written)
        map_put(context->written, local->address, (uint32_t)d->locals.len);
}

static bool add(void *at, const struct locals_variable *variable)
{
    struct context *context = at;
    struct dump *d = context->dump;
    struct dump_local local = {.argument = variable->argument, .address = variable->value};
    local.name = dump_add_text(d, variable->name, variable->name_bytes);
    write_value(context, &local);
    *(struct dump_local *)vec_push(&d->locals) = local;
    return ++context->count < DUMP_LOCALS_MAX;
}

void variables_read(struct dump *d, struct mem *mem, struct repr *repr, struct map *written,
                    const struct walk_frame *place)
{
    repr->mem = mem;
    struct context context = {d, repr, written, 0};
    locals_read(mem, &d->runtime.layout, place, add, &context);
}
