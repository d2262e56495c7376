/* Knows how coroutines, generators and what is wrapped around them point at what they await. */
#include "cpython/coroutine.h"

#include <string.h>

enum {
    OWNED_BY_GENERATOR = 1, /* Include/internal/pycore_interpframe_structs.h */
    REFERENCE_TAG_BITS = 3, /* of a _PyStackRef */
    STACK_BYTES_MAX = 1 << 20,
    TYPE_NAME_BYTES = 24,
    WRAPPERS_MAX = 8, /* in a row */
};

enum kind { KIND_FRAME, KIND_WRAPPER, KIND_OTHER };

/* All that hold a frame begin alike (_PyGenObject_HEAD); a wrapper's first field is what it
 * wraps. */
static const struct {
    char name[TYPE_NAME_BYTES];
    enum kind kind;
} kinds[] = {
    {"coroutine", KIND_FRAME},
    {"generator", KIND_FRAME},
    {"async_generator", KIND_FRAME},
    {"coroutine_wrapper", KIND_WRAPPER},
    {"async_generator_asend", KIND_WRAPPER},
    {"async_generator_athrow", KIND_WRAPPER},
    {"anext_awaitable", KIND_WRAPPER},
};

static enum rd kind_read(struct mem *m, const struct layout *l, uint64_t object, enum kind *ret)
{
    uint64_t type, name_at;
    char name[TYPE_NAME_BYTES];
    enum rd rd = mem_read_u64(m, object + l->object_type, &type);
    if (rd != RD_OK || (rd = mem_read_u64(m, type + l->type_name, &name_at)) != RD_OK)
        return rd;
    *ret = KIND_OTHER;
    rd = mem_read(m, name_at, name, sizeof(name));
    for (size_t i = 0; rd == RD_OK && i < sizeof(kinds) / sizeof(*kinds); i++)
        if (memcmp(name, kinds[i].name, strlen(kinds[i].name) + 1) == 0)
            *ret = kinds[i].kind;
    /* Another type's shorter name may end where the mapping does. */
    return rd == RD_TORN ? RD_OK : rd;
}

static enum rd unwrap(struct mem *m, const struct layout *l, uint64_t *object, enum kind *ret_kind)
{
    for (int i = 0; i < WRAPPERS_MAX; i++) {
        enum rd rd = kind_read(m, l, *object, ret_kind);
        if (rd != RD_OK || *ret_kind != KIND_WRAPPER)
            return rd;
        if ((rd = mem_read_u64(m, *object + l->object_bytes, object)) != RD_OK)
            return rd;
    }
    return RD_TORN;
}

enum state { STATE_ELSE, STATE_SUSPENDED, STATE_AWAITS };

/* enum _framestate, numbered anew in 3.15 (Include/internal/pycore_frame.h). */
static enum state state_of(const struct layout *l, int8_t state)
{
    if (layout_minor(l) <= 14)
        return state == -1 ? STATE_AWAITS : state == -2 ? STATE_SUSPENDED : STATE_ELSE;
    return state == 2 || state == 3 ? STATE_AWAITS : state == 1 ? STATE_SUSPENDED : STATE_ELSE;
}

/* One generator object: its frame and what it awaits; *ret_awaited is 0 if that is nothing,
 * *ret_count if it is not suspended. */
static enum rd frame_read(struct mem *m, const struct layout *l, uint64_t generator,
                          struct tasks_frame *ret_frame, size_t *ret_count, uint64_t *ret_awaited)
{
    const uint64_t frame = generator + l->gen_iframe;
    int8_t frame_state;
    uint8_t owner;
    uint64_t code, instr, stack_end;
    uint32_t tlbc_index = 0;
    const struct mem_range ranges[] = {
        {generator + l->gen_state, 1, &frame_state},
        {frame + l->frame_owner, 1, &owner},
        {frame + l->frame_code, 8, &code},
        {frame + l->frame_instr, 8, &instr},
        {frame + l->frame_stackpointer, 8, &stack_end},
        {frame + l->frame_tlbc_index, 4, &tlbc_index},
    };
    *ret_count = 0;
    *ret_awaited = 0;
    enum rd rd = mem_read_many(m, ranges, layout_has(l->frame_tlbc_index) ? 6 : 5);
    enum state state = rd == RD_OK ? state_of(l, frame_state) : STATE_ELSE;
    if (state == STATE_ELSE)
        return rd;
    code &= ~(uint64_t)REFERENCE_TAG_BITS;
    uint64_t stack_bytes = stack_end - (frame + l->frame_locals);
    if (owner != OWNED_BY_GENERATOR || !code || stack_bytes > STACK_BYTES_MAX)
        return RD_TORN;
    *ret_frame = (struct tasks_frame){code, instr, tlbc_index};
    *ret_count = 1;
    if (state != STATE_AWAITS)
        return RD_OK;
    /* On top of the stack; from 3.15 on the value sent into it lies above (Python/bytecodes.c,
     * SEND). */
    uint64_t awaited;
    unsigned depth = layout_minor(l) >= 15 ? 2 : 1;
    if (stack_bytes < depth * sizeof(awaited))
        return RD_TORN;
    rd = mem_read_u64(m, stack_end - depth * sizeof(awaited), &awaited);
    if (rd == RD_OK)
        *ret_awaited = awaited & ~(uint64_t)REFERENCE_TAG_BITS;
    return rd;
}

enum rd coroutine_frames(struct mem *m, const struct layout *l, uint64_t coroutine,
                         struct tasks_frame *ret_frames, size_t count_max, size_t *ret_count)
{
    size_t count = 0, added = 1;
    while (coroutine && added && count < count_max) {
        enum kind kind;
        enum rd rd = unwrap(m, l, &coroutine, &kind);
        if (rd != RD_OK)
            return rd;
        if (kind == KIND_OTHER)
            break;
        rd = frame_read(m, l, coroutine, &ret_frames[count], &added, &coroutine);
        if (rd != RD_OK)
            return rd;
        count += added;
    }
    *ret_count = count;
    return RD_OK;
}
