/* Knows where a code object keeps the names of its variables and a frame their values, in every
 * version; not what the values are. */
#include "cpython/locals.h"

#include <string.h>

#include "cpython/objects.h"

enum {
    FLAG_VARARGS = 4, /* co_flags */
    FLAG_VARKEYWORDS = 8,
    KIND_HIDDEN = 0x10, /* Include/internal/pycore_code.h: CO_FAST_… */
    KIND_CELL = 0x40,
    KIND_FREE = 0x80,
    REFERENCE_TAG_BITS = 3, /* of a _PyStackRef, 3.14+; objects are aligned to 8 bytes at least */
    TYPE_NAME_BYTES = 5,    /* "cell" */
};

struct reader {
    struct mem *m;
    const struct layout *l;
    const struct walk_frame *frame;
    locals_each *each;
    void *context;
    uint32_t arguments; /* as many of the names come first */
    struct str name;
    bool over;
};

/* All in one line of the code object: co_argcount, co_posonlyargcount, co_kwonlyargcount; co_flags
 * stands behind them (≤ 3.10, after co_nlocals and co_stacksize) or before. */
static enum rd count_arguments(struct reader *r)
{
    unsigned minor = layout_minor(r->l);
    uint64_t at = r->frame->code + r->l->code_argument_count;
    uint64_t flags_at = minor <= 10 ? at + 20 : minor == 11 ? at - 8 : at - 4;
    uint32_t counts[3], flags;
    const struct mem_range ranges[] = {{at, sizeof(counts), counts}, {flags_at, 4, &flags}};
    enum rd rd = mem_read_many(r->m, ranges, 2);
    if (rd != RD_OK)
        return rd;
    uint64_t all =
        (uint64_t)counts[0] + counts[2] + !!(flags & FLAG_VARARGS) + !!(flags & FLAG_VARKEYWORDS);
    r->arguments = all < LOCALS_MAX ? (uint32_t)all : LOCALS_MAX;
    return RD_OK;
}

/* The n-th variable's value, 0 if it is unbound. */
static enum rd slot_read(struct reader *r, size_t slot, uint64_t *ret_value)
{
    enum rd rd = mem_read_u64(r->m, r->frame->address + r->l->frame_locals + 8 * slot, ret_value);
    *ret_value &= ~(uint64_t)REFERENCE_TAG_BITS;
    return rd;
}

/* A cell that the function has not made yet still is the argument itself. */
static enum rd follow_cell(struct reader *r, uint64_t *value)
{
    uint64_t type, name_at;
    char name[TYPE_NAME_BYTES];
    enum rd rd = *value ? mem_read_u64(r->m, *value + r->l->object_type, &type) : RD_TORN;
    if (rd == RD_OK)
        rd = mem_read_u64(r->m, type + r->l->type_name, &name_at);
    if (rd == RD_OK)
        rd = mem_read(r->m, name_at, name, sizeof(name));
    if (rd == RD_OK && memcmp(name, "cell", sizeof(name)) == 0)
        return mem_read_u64(r->m, *value + r->l->object_bytes, value); /* ob_ref */
    return rd == RD_TORN ? RD_OK : rd;
}

static enum rd tell(struct reader *r, uint64_t name_at, uint64_t value, bool argument)
{
    str_clear(&r->name);
    enum rd rd = object_str(r->m, r->l, name_at, &r->name);
    if (rd != RD_OK)
        return rd;
    struct locals_variable variable = {r->name.data ? r->name.data : "", r->name.len, argument,
                                       value};
    r->over = !r->each(r->context, &variable);
    return RD_OK;
}

struct names {
    uint64_t items; /* address of the first */
    uint32_t count;
};

static enum rd names_open(struct reader *r, uint32_t offset, struct names *ret)
{
    uint64_t tuple, count;
    enum rd rd = mem_read_u64(r->m, r->frame->code + offset, &tuple);
    if (rd == RD_OK)
        rd = mem_read_u64(r->m, tuple + r->l->object_bytes, &count); /* ob_size */
    if (rd != RD_OK)
        return rd;
    if (count > UINT16_MAX)
        return RD_TORN;
    ret->items = tuple + r->l->tuple_items;
    ret->count = (uint32_t)(count < LOCALS_MAX ? count : LOCALS_MAX);
    return RD_OK;
}

/* 3.11+: one list of names, with their kinds. Arguments of which closures are made are cells in
 * their own place. */
static enum rd read_together(struct reader *r)
{
    struct names names;
    uint64_t kinds_at;
    uint8_t kinds[LOCALS_MAX];
    enum rd rd = names_open(r, r->l->code_names, &names);
    if (rd == RD_OK)
        rd = mem_read_u64(r->m, r->frame->code + r->l->code_kinds, &kinds_at);
    if (rd == RD_OK)
        rd = mem_read(r->m, kinds_at + r->l->bytes_data, kinds, names.count);
    for (uint32_t i = 0; i < names.count && rd == RD_OK && !r->over; i++) {
        uint64_t name, value;
        if (kinds[i] & KIND_HIDDEN)
            continue;
        rd = slot_read(r, i, &value);
        if (rd == RD_OK && kinds[i] & (KIND_CELL | KIND_FREE))
            rd = follow_cell(r, &value);
        if (rd != RD_OK || !value)
            continue;
        rd = mem_read_u64(r->m, names.items + 8 * (uint64_t)i, &name);
        if (rd == RD_OK)
            rd = tell(r, name, value, i < r->arguments);
    }
    return rd;
}

/* ≤ 3.10: three lists, one after the other in the frame. The slot of an argument of which closures
 * are made is empty, and its cell comes with the cells. */
struct argument_names {
    uint64_t at[LOCALS_MAX];
    uint32_t count;
};

static bool is_argument(const struct argument_names *arguments, uint64_t name)
{
    for (uint32_t i = 0; i < arguments->count; i++)
        if (arguments->at[i] == name)
            return true;
    return false;
}

static enum rd read_apart(struct reader *r)
{
    const uint32_t lists[] = {r->l->code_names, r->l->code_cells, r->l->code_frees};
    struct argument_names arguments = {.count = 0};
    size_t slot = 0;
    enum rd rd = RD_OK;
    for (size_t list = 0; list < 3 && rd == RD_OK && !r->over; list++) {
        struct names names;
        rd = names_open(r, lists[list], &names);
        for (uint32_t i = 0; rd == RD_OK && i < names.count && !r->over; i++, slot++) {
            uint64_t name, value;
            rd = mem_read_u64(r->m, names.items + 8 * (uint64_t)i, &name);
            if (list == 0 && i < r->arguments)
                arguments.at[arguments.count++] = name;
            if (rd == RD_OK)
                rd = slot_read(r, slot, &value);
            if (rd == RD_OK && list > 0)
                rd = follow_cell(r, &value);
            if (rd == RD_OK && value)
                rd = tell(r, name, value, is_argument(&arguments, name) && list < 2);
        }
    }
    return rd;
}

enum rd locals_read(struct mem *m, const struct layout *l, const struct walk_frame *frame,
                    locals_each *each, void *context)
{
    struct reader r = {.m = m, .l = l, .frame = frame, .each = each, .context = context};
    enum rd rd = count_arguments(&r);
    if (rd == RD_OK)
        rd = layout_has(l->code_kinds) ? read_together(&r) : read_apart(&r);
    str_release(&r.name);
    return rd;
}
