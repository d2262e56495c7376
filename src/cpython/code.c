/* Knows PyCodeObject and its cache; not how stacks are read nor what becomes of the frames. */
#include "cpython/code.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"
#include "cpython/lines.h"
#include "cpython/objects.h"

enum {
    TAIL_BYTES = 16,  /* of a file name: enough to tell it from the next one at that address */
    CHECKS_MAX = 256, /* identities checked by one read */
    INSTRUCTIONS_BYTES_MAX = 64 << 20, /* of one code object */
    TLBC_MAX = 4096,                   /* threads with bytecode of their own */
};

struct code {
    uint64_t address;
    uint64_t checked_ns;   /* when its identity was last seen; 0 = doubted */
    uint64_t instructions; /* address of the first; 0 for versions whose frames hold an index */
    uint64_t tlbc;         /* address of its table of per-thread bytecodes, or 0 */
    uint32_t instructions_bytes;
    uint32_t version; /* no other of its interpreter has it (3.12, 3.13); 0: not known */
    struct function_id function;
    bool hidden;
    struct vec lines;                   /* of struct lines_entry */
    struct code_part parts[CODE_PARTS]; /* what `identity` is a copy of, part by part */
    uint32_t parts_len;
    uint8_t identity[CODE_IDENTITY_BYTES_MAX];
};

struct code_cache {
    struct mem *mem;
    const struct layout *layout;
    struct dictionary *dictionary;
    uint64_t code_type;
    struct vec codes;      /* of struct code */
    struct map by_address; /* code address → index */
    struct map frames;     /* index and instruction → frame id */
    uint32_t epoch, doubts, replaced, dictionary_epoch;
    size_t learnt; /* see code_cache_learnt */
    size_t lines;  /* entries of all codes */
    struct str text;
    struct vec pending; /* of uint32_t: codes to check */
    struct vec ranges;  /* of struct mem_range */
    struct str text_again;
    uint8_t identities[CHECKS_MAX][CODE_IDENTITY_BYTES_MAX];
};

struct code_cache *code_cache_new(struct mem *m, const struct layout *l, uint64_t code_type,
                                  struct dictionary *dictionary)
{
    struct code_cache *c = alloc_zeroed(1, sizeof(*c));
    *c = (struct code_cache){
        .mem = m, .layout = l, .dictionary = dictionary, .code_type = code_type, .epoch = 1};
    c->dictionary_epoch = dictionary_epoch(dictionary);
    vec_init(&c->codes, sizeof(struct code));
    vec_init(&c->pending, sizeof(uint32_t));
    vec_init(&c->ranges, sizeof(struct mem_range));
    map_init(&c->by_address);
    map_init(&c->frames);
    return c;
}

static struct code *code_at(const struct code_cache *c, uint32_t i)
{
    return (struct code *)c->codes.data + i;
}

void code_cache_clear(struct code_cache *c)
{
    for (uint32_t i = 0; i < c->codes.len; i++)
        vec_release(&code_at(c, i)->lines);
    vec_clear(&c->codes);
    c->lines = 0;
    map_clear(&c->by_address);
    map_clear(&c->frames);
    c->epoch++;
    c->dictionary_epoch = dictionary_epoch(c->dictionary);
}

void code_cache_free(struct code_cache *c)
{
    if (!c)
        return;
    code_cache_clear(c);
    vec_release(&c->codes);
    vec_release(&c->pending);
    vec_release(&c->ranges);
    map_release(&c->by_address);
    map_release(&c->frames);
    str_release(&c->text);
    str_release(&c->text_again);
    free(c);
}

uint32_t code_cache_doubts(const struct code_cache *c)
{
    return c->doubts;
}

uint32_t code_cache_replaced(const struct code_cache *c)
{
    return c->replaced;
}

uint32_t code_cache_epoch(const struct code_cache *c)
{
    return c->epoch;
}

void code_cache_doubt(struct code_cache *c)
{
    c->doubts++;
    for (uint32_t i = 0; i < c->codes.len; i++)
        code_at(c, i)->checked_ns = 0;
}

uint64_t code_cache_due_ns(const struct code_cache *c)
{
    return layout_has(c->layout->interp_code_generation) ? CODE_UNTIL_DOUBTED : CODE_DUE_NS;
}

static bool is_due(const struct code *code, uint64_t age_ns, uint64_t now_ns)
{
    return !code->checked_ns ||
           (age_ns != CODE_UNTIL_DOUBTED && code->checked_ns + age_ns <= now_ns);
}

static uint32_t identity_bytes(const struct code *code)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < code->parts_len; i++)
        sum += code->parts[i].len_bytes;
    return sum;
}

size_t code_identity_due(const struct code_cache *c, uint64_t code, uint64_t now_ns,
                         struct code_part ret_parts[CODE_PARTS])
{
    uint32_t i;
    if (!map_find(&c->by_address, code, &i) || !is_due(code_at(c, i), code_cache_due_ns(c), now_ns))
        return 0;
    memcpy(ret_parts, code_at(c, i)->parts, sizeof(code_at(c, i)->parts));
    return code_at(c, i)->parts_len;
}

void code_cache_confirm(struct code_cache *c, uint64_t code, const uint8_t *identity,
                        uint64_t now_ns)
{
    uint32_t i;
    if (!map_find(&c->by_address, code, &i))
        return;
    struct code *known = code_at(c, i);
    bool same = memcmp(known->identity, identity, identity_bytes(known)) == 0;
    known->checked_ns = same ? now_ns : 0;
}

static uint64_t pointer_at(const uint8_t *object, uint32_t offset)
{
    uint64_t value;
    memcpy(&value, object + offset, sizeof(value));
    return value;
}

static struct string_id string_of(struct code_cache *c, uint64_t address, enum rd *rd)
{
    str_clear(&c->text);
    if (*rd == RD_OK)
        *rd = object_str(c->mem, c->layout, address, &c->text);
    if (*rd != RD_OK)
        return (struct string_id){0};
    return dictionary_string(c->dictionary, c->text.data ? c->text.data : "", c->text.len);
}

/* Is the text still there? The memory of a code object that dies is soon the next one's, string by string. */
static bool is_text_still(struct code_cache *c, uint64_t address, struct string_id id)
{
    str_clear(&c->text_again);
    if (object_str(c->mem, c->layout, address, &c->text_again) != RD_OK)
        return false;
    const char *text = c->text_again.data ? c->text_again.data : "";
    return dictionary_string(c->dictionary, text, c->text_again.len).i == id.i;
}

/* The last bytes of a str's text. */
static enum rd tail_of(struct code_cache *c, uint64_t address, struct code_part *ret_part)
{
    const struct layout *l = c->layout;
    uint64_t length;
    uint32_t state;
    const struct mem_range ranges[] = {{address + l->str_length, 8, &length},
                                       {address + l->str_state, 4, &state}};
    enum rd rd = mem_read_many(c->mem, ranges, 2);
    uint64_t kind = state >> l->str_kind_shift & 7; /* bytes a character */
    bool ascii = state >> (l->str_kind_shift + 4) & 1;
    if (rd != RD_OK || length > OBJECT_STR_BYTES_MAX || kind > 4)
        return rd == RD_OK ? RD_TORN : rd;
    uint64_t bytes = length * kind, tail = bytes < TAIL_BYTES ? bytes : TAIL_BYTES;
    *ret_part = (struct code_part){address + (ascii ? l->str_ascii : l->str_compact) + bytes - tail,
                                   (uint32_t)tail};
    return RD_OK;
}

/* The objects that a code object is made of: its file name, its names and its line table. */
static uint32_t objects_bytes(const struct layout *l)
{
    return l->code_linetable + 8 - l->code_filename;
}

/* What tells this code from the next one at its address: its version, or which objects it is made of, and, since these
 * may be at the old ones' addresses too, the length and hash of its name and the end of its file's. */
static enum rd find_parts(struct code_cache *c, struct code *code, uint64_t name, uint64_t file)
{
    const struct layout *l = c->layout;
    if (l->code_linetable < l->code_filename || objects_bytes(l) > WALK_EXTRA_BYTES_MAX)
        return RD_TORN;
    if (code->version) {
        code->parts_len = 1;
        code->parts[0] = (struct code_part){code->address + l->code_version, sizeof(code->version)};
        return RD_OK;
    }
    code->parts_len = CODE_PARTS;
    code->parts[0] = (struct code_part){code->address + l->code_filename, objects_bytes(l)};
    code->parts[1] = (struct code_part){name + l->str_length, 16};
    enum rd rd = tail_of(c, file, &code->parts[2]);
    return rd == RD_OK && identity_bytes(code) > CODE_IDENTITY_BYTES_MAX ? RD_TORN : rd;
}

/* Where its parts are to be read to, one after the other. Returns how many there are. */
static size_t add_parts(const struct code *code, uint8_t *to, struct mem_range *ret_ranges)
{
    for (uint32_t i = 0; i < code->parts_len; to += code->parts[i++].len_bytes)
        ret_ranges[i] = (struct mem_range){code->parts[i].address, code->parts[i].len_bytes, to};
    return code->parts_len;
}

static enum rd read_identity(struct code_cache *c, struct code *code, uint64_t name, uint64_t file)
{
    struct mem_range ranges[CODE_PARTS];
    enum rd rd = find_parts(c, code, name, file);
    return rd == RD_OK ? mem_read_many(c->mem, ranges, add_parts(code, code->identity, ranges))
                       : rd;
}

static enum rd read_lines(struct code_cache *c, struct code *code, const uint8_t *object,
                          uint32_t first_line)
{
    const struct layout *l = c->layout;
    uint64_t table = pointer_at(object, l->code_linetable), len_bytes;
    enum rd rd = mem_read_u64(c->mem, table + l->bytes_size, &len_bytes);
    if (rd != RD_OK || len_bytes > LINES_TABLE_BYTES_MAX)
        return rd == RD_OK ? RD_TORN : rd;
    uint8_t *bytes = alloc_zeroed(len_bytes + 1, 1);
    rd = mem_read(c->mem, table + l->bytes_data, bytes, len_bytes);
    if (rd == RD_OK && lines_decode(&code->lines, l->lines, bytes, len_bytes, first_line))
        rd = RD_TORN;
    free(bytes);
    return rd;
}

/* Where its instructions lie and how long they are (ob_size counts 2-byte units, 3.11+). */
static enum rd read_instructions(struct code_cache *c, struct code *code, const uint8_t *object)
{
    const struct layout *l = c->layout;
    if (l->instr != LAYOUT_POINTER)
        return RD_OK;
    uint64_t units = pointer_at(object, l->object_bytes); /* PyVarObject.ob_size */
    if (units > INSTRUCTIONS_BYTES_MAX / 2)
        return RD_TORN;
    code->instructions = code->address + l->code_instructions;
    code->instructions_bytes = (uint32_t)units * 2;
    code->tlbc = layout_has(l->code_tlbc) ? pointer_at(object, l->code_tlbc) : 0;
    return RD_OK;
}

/* 3.13+: CALL_ALLOC_AND_ENTER_INIT pushes a frame of a code object "__init__" in file "__init__", line 0
 * (Objects/codeobject.c, _Py_InitCleanup). */
static bool is_interpreters_own(const struct layout *l, const char *file, uint32_t first_line)
{
    return layout_minor(l) >= 13 && first_line == 0 && strcmp(file, "__init__") == 0;
}

/* Reads a code object wholly into `code`. What was read first must still be there at the end. */
static enum rd learn(struct code_cache *c, uint64_t address, uint64_t now_ns, struct code *code)
{
    const struct layout *l = c->layout;
    uint8_t object[LAYOUT_CODE_BYTES_MAX], again[LAYOUT_CODE_BYTES_MAX];
    *code = (struct code){.address = address, .checked_ns = now_ns};
    vec_init(&code->lines, sizeof(struct lines_entry));
    enum rd rd = mem_read(c->mem, address, object, l->code_bytes);
    if (rd != RD_OK)
        return rd;
    uint64_t type = pointer_at(object, l->object_type);
    if (!type || (c->code_type && type != c->code_type))
        return RD_TORN;
    uint32_t first_line;
    memcpy(&first_line, object + l->code_first_line, sizeof(first_line));
    uint32_t name_offset = layout_has(l->code_qualname) ? l->code_qualname : l->code_name;
    uint64_t name_at = pointer_at(object, name_offset),
             file_at = pointer_at(object, l->code_filename);
    struct string_id name = string_of(c, name_at, &rd), file = string_of(c, file_at, &rd);
    if (rd == RD_OK) {
        code->hidden = is_interpreters_own(l, c->text.data ? c->text.data : "", first_line);
        rd = read_lines(c, code, object, first_line);
    }
    if (rd == RD_OK)
        rd = read_instructions(c, code, object);
    if (layout_has(l->code_version))
        memcpy(&code->version, object + l->code_version, sizeof(code->version));
    if (rd == RD_OK)
        rd = read_identity(c, code, name_at, file_at);
    if (rd == RD_OK)
        rd = mem_read(c->mem, address, again, l->code_bytes);
    if (rd != RD_OK)
        return rd;
    if (memcmp(object + l->object_type, again + l->object_type, l->object_bytes - l->object_type) ||
        memcmp(object + l->code_filename, again + l->code_filename, objects_bytes(l)) ||
        (code->version && memcmp(&code->version, again + l->code_version, sizeof(code->version))) ||
        !is_text_still(c, name_at, name) || !is_text_still(c, file_at, file))
        return RD_TORN;
    c->code_type = type;
    code->function = dictionary_function(c->dictionary, name, file, first_line);
    return RD_OK;
}

static enum rd add(struct code_cache *c, uint64_t address, uint64_t now_ns)
{
    struct code code;
    enum rd rd = learn(c, address, now_ns, &code);
    if (rd != RD_OK) {
        vec_release(&code.lines);
        return rd;
    }
    /* A changed code gets an index of its own, so that frames of the old one keep their meaning. */
    map_put(&c->by_address, address, (uint32_t)c->codes.len);
    c->lines += code.lines.len;
    *(struct code *)vec_push(&c->codes) = code;
    return RD_OK;
}

/* Reads the identities of all pending codes at once and learns anew those that changed. */
static enum rd check_pending(struct code_cache *c, uint64_t now_ns)
{
    size_t count = c->pending.len;
    const uint32_t *pending = c->pending.data;
    vec_resize(&c->ranges, count * CODE_PARTS);
    struct mem_range *ranges = c->ranges.data;
    size_t ranges_len = 0;
    for (size_t i = 0; i < count; i++)
        ranges_len += add_parts(code_at(c, pending[i]), c->identities[i], ranges + ranges_len);
    enum rd rd = mem_read_many(c->mem, ranges, ranges_len);
    for (size_t i = 0; i < count; i++) {
        struct code *code = code_at(c, pending[i]);
        uint64_t address = code->address;
        bool same =
            rd == RD_OK && memcmp(code->identity, c->identities[i], identity_bytes(code)) == 0;
        code->checked_ns = same ? now_ns : 0;
        if (same || rd == RD_GONE || rd == RD_DENIED)
            continue;
        /* Another one, or one whose strings are gone; a good one is learnt from what is there now. */
        rd = add(c, address, now_ns);
        c->replaced++;
        if (rd != RD_OK)
            break;
    }
    vec_clear(&c->pending);
    return rd;
}

enum rd code_cache_prepare(struct code_cache *c, const struct walk_frame *frames, size_t count,
                           uint64_t age_ns, uint64_t now_ns)
{
    if (c->codes.len > CODE_CACHE_MAX || c->lines > CODE_LINES_MAX ||
        c->dictionary_epoch != dictionary_epoch(c->dictionary))
        code_cache_clear(c);
    enum rd rd = RD_OK;
    uint64_t last = UINT64_MAX; /* no code: NULL is to be found out, too */
    uint32_t replaced = c->replaced;
    c->learnt = SIZE_MAX;
    vec_clear(&c->pending);
    for (size_t i = 0; i < count && rd == RD_OK; i++) {
        uint32_t index;
        if (!frames[i].python || frames[i].code == last)
            continue;
        last = frames[i].code;
        if (!map_find(&c->by_address, last, &index)) {
            rd = add(c, last, now_ns);
            if (c->learnt == SIZE_MAX)
                c->learnt = i;
            continue;
        }
        struct code *code = code_at(c, index);
        if (frames[i].code_version && frames[i].code_version == code->version)
            code->checked_ns = now_ns;
        if (!is_due(code, age_ns, now_ns))
            continue;
        code->checked_ns = now_ns; /* named once, even in a recursion */
        *(uint32_t *)vec_push(&c->pending) = index;
        if (c->pending.len == CHECKS_MAX)
            rd = check_pending(c, now_ns);
    }
    if (rd == RD_OK && c->pending.len)
        rd = check_pending(c, now_ns);
    if (replaced != c->replaced)
        c->learnt = 0;
    return rd;
}

size_t code_cache_learnt(const struct code_cache *c)
{
    return c->learnt;
}

/* Free-threaded 3.14+: the bytecode copy that belongs to the frame's thread. */
static uint64_t tlbc_start(struct code_cache *c, const struct code *code, uint32_t index)
{
    uint64_t count, start;
    if (!index || !code->tlbc || mem_read_u64(c->mem, code->tlbc, &count) != RD_OK ||
        index >= count || count > TLBC_MAX ||
        mem_read_u64(c->mem, code->tlbc + 8 + 8 * (uint64_t)index, &start) != RD_OK)
        return code->instructions;
    return start;
}

/* The instruction's index in 2-byte units. A frame that has not begun points just before the first. */
static uint32_t instr_index(struct code_cache *c, const struct code *code,
                            const struct walk_frame *frame)
{
    const struct layout *l = c->layout;
    if (l->instr == LAYOUT_BYTE_INDEX || l->instr == LAYOUT_WORD_INDEX) {
        int32_t index = (int32_t)frame->instr;
        return index < 0                       ? 0
               : l->instr == LAYOUT_BYTE_INDEX ? (uint32_t)index / 2
                                               : (uint32_t)index;
    }
    uint64_t start = tlbc_start(c, code, frame->tlbc_index);
    if (frame->instr < start || frame->instr - start > code->instructions_bytes)
        return 0;
    return (uint32_t)(frame->instr - start) / 2;
}

bool code_cache_frame(struct code_cache *c, const struct walk_frame *frame,
                      struct frame_id *ret_frame)
{
    uint32_t index, id;
    if (!map_find(&c->by_address, frame->code, &index))
        return false;
    const struct code *code = code_at(c, index);
    if (code->hidden)
        return false;
    uint32_t instr = instr_index(c, code, frame);
    uint64_t key = (uint64_t)index << 32 | instr;
    if (!map_find(&c->frames, key, &id)) {
        id = dictionary_frame(c->dictionary, code->function, lines_at(&code->lines, instr)).i;
        map_put(&c->frames, key, id);
    }
    ret_frame->i = id;
    return true;
}
