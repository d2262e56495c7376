/* Knows where `threading` keeps its threads: _active maps an ident to a Thread, whose _name is
 * a str. */
#include "cpython/names.h"

#include "cpython/blocks.h"
#include "cpython/objects.h"

struct names {
    struct mem *m;
    const struct layout *l;
    names_each *each;
    void *context;
    struct str name;
    enum rd rd;
};

static enum rd name_one(struct names *n, uint64_t key, uint64_t thread)
{
    int64_t ident;
    uint64_t name;
    enum rd rd = object_int(n->m, n->l, key, &ident);
    if (rd != RD_OK || (rd = object_attribute(n->m, n->l, thread, "_name", &name)) != RD_OK ||
        !name)
        return rd;
    str_clear(&n->name);
    rd = object_str(n->m, n->l, name, &n->name);
    if (rd == RD_OK && n->name.len)
        n->each(n->context, (uint64_t)ident, n->name.data, n->name.len);
    return rd;
}

/* A thread that is just beginning or ending does not hide the others. */
static bool name_next(void *context, uint64_t key, uint64_t thread)
{
    struct names *n = context;
    enum rd rd = name_one(n, key, thread);
    if (rd != RD_OK)
        n->rd = rd;
    return rd == RD_OK || rd == RD_TORN;
}

enum rd names_read(struct mem *m, const struct layout *l, uint64_t interp, names_each *each,
                   void *context)
{
    struct blocks blocks;
    blocks_init(&blocks, m);
    uint64_t dict, active = 0;
    enum rd rd = object_module_dict(&blocks.mem, l, interp, "threading", &dict);
    if (rd == RD_OK && dict)
        rd = object_dict_get(&blocks.mem, l, dict, "_active", &active);
    if (rd != RD_OK || !dict || !active)
        return rd;
    struct names names = {&blocks.mem, l, each, context, STR_EMPTY, RD_OK};
    rd = object_dict(&blocks.mem, l, active, name_next, &names);
    str_release(&names.name);
    return rd != RD_OK ? rd : names.rd;
}
