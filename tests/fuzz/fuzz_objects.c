/* An interpreter that holds anything: a stored image (tests/fixtures/images) with bytes replaced.
 *
 *     byte 0        which image
 *     byte 1        odd: what the image lacks is there, and reads as this input, over and over
 *     from byte 2   patches: 3 bytes of offset in the image, then 8 bytes to put there */
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cpython/locals.h"
#include "cpython/names.h"
#include "cpython/objects.h"
#include "cpython/repr.h"
#include "cpython/tasks.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

enum { PATCH_BYTES = 11, HEADER_BYTES = 2, PAGE_BYTES = 4096, CHARS_MAX = 256, FRAMES_MAX = 64 };

static const char *const images[] = {
    "names-3.8",      "names-3.9",      "names-3.10",      "names-3.11",     "names-3.12",
    "names-3.13",     "names-3.13t",    "names-3.14",      "names-3.15",     "tasks-3.14",
    "tasks-3.15",     "variables-3.8",  "variables-3.9",   "variables-3.10", "variables-3.11",
    "variables-3.12", "variables-3.13", "variables-3.13t", "variables-3.14", "variables-3.15"};
enum { IMAGES = sizeof images / sizeof *images };

static void must(int truth)
{
    if (!truth)
        abort();
}

static struct str file_read(const char *name, const char *suffix)
{
    char path[PATH_MAX], part[4096];
    struct str text = STR_EMPTY;
    const char *folder = strstr(__FILE__, "fuzz/fuzz_objects.c");
    snprintf(path, sizeof path, "%.*sfixtures/images/%s%s", (int)(folder - __FILE__), __FILE__,
             name, suffix);
    FILE *file = fopen(path, "rb");
    must(file != NULL);
    for (size_t got; (got = fread(part, 1, sizeof part, file)) > 0;)
        str_add_bytes(&text, part, got);
    fclose(file);
    return text;
}

/* The patched image; what it lacks is torn, or an echo. Never a whole page: no image has one. */
struct echo {
    struct mem mem;
    struct mem *under;
    const uint8_t *bytes; /* NULL: torn */
    size_t len_bytes;
};

static enum rd echo_read(struct mem *m, const struct mem_range *ranges, size_t count)
{
    struct echo *e = (struct echo *)m;
    for (size_t i = 0; i < count; i++) {
        enum rd rd = mem_read_many(e->under, &ranges[i], 1);
        if (rd != RD_OK && (!e->bytes || ranges[i].len_bytes >= PAGE_BYTES))
            return rd;
        for (uint32_t k = 0; rd != RD_OK && k < ranges[i].len_bytes; k++)
            ((uint8_t *)ranges[i].buf)[k] = e->bytes[(ranges[i].address + k) % e->len_bytes];
    }
    return RD_OK;
}

static void patch(struct str *image, const uint8_t *bytes, size_t len_bytes)
{
    for (size_t at = HEADER_BYTES; at + PATCH_BYTES <= len_bytes; at += PATCH_BYTES) {
        size_t offset = bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16;
        memcpy(image->data + offset % (image->len - 8), bytes + at + 3, 8);
    }
}

static void take_name(void *context, uint64_t ident, const char *name, size_t len_bytes)
{
    (void)context;
    (void)ident;
    must(len_bytes > 0 && len_bytes <= OBJECT_STR_BYTES_MAX && name[len_bytes] == '\0');
}

static void take_task(void *context, const char *name, size_t len_bytes)
{
    size_t *tasks = context;
    must(++*tasks <= TASKS_CHAIN_MAX && len_bytes <= OBJECT_STR_BYTES_MAX && name != NULL);
}

static void take_frame(void *context, const struct tasks_frame *frame)
{
    must(*(size_t *)context > 1 && frame->code);
}

static void read_tasks(struct mem *m, const struct layout *l, uint64_t interp, uint64_t offsets_at)
{
    uint8_t bytes[TASKS_OFFSETS_BYTES];
    struct tasks_offsets offsets;
    uint64_t tstate;
    size_t tasks = 0;
    const struct tasks_visitor visitor = {take_task, take_frame, &tasks};
    if (mem_read(m, offsets_at, bytes, sizeof bytes) == RD_OK &&
        tasks_offsets_parse(&offsets, bytes, sizeof bytes) == 0 &&
        mem_read_u64(m, interp + l->interp_threads, &tstate) == RD_OK)
        tasks_running(m, l, &offsets, tstate, &visitor);
}

struct variables {
    struct repr repr;
    struct str text;
};

static bool take_variable(void *context, const struct locals_variable *variable)
{
    struct variables *v = context;
    size_t before = v->text.len;
    must(variable->name_bytes <= OBJECT_STR_BYTES_MAX);
    repr_object(&v->repr, variable->value, CHARS_MAX, &v->text);
    /* A character is 4 bytes at most; what closes containers comes on top. */
    must(v->text.len - before <= 4 * CHARS_MAX + 8 * REPR_DEPTH_MAX && v->repr.depth == 0);
    str_clear(&v->text);
    return true;
}

static void read_variables(struct mem *m, const struct layout *l, uint64_t interp)
{
    uint64_t tstate;
    struct walk walk;
    struct variables v = {.text = STR_EMPTY};
    walk_init(&walk);
    repr_init(&v.repr, m, l);
    if (mem_read_u64(m, interp + l->interp_threads, &tstate) == RD_OK &&
        walk_read(&walk, m, l, tstate, WALK_FROZEN) == RD_OK)
        for (size_t i = 0; i < walk.frames.len && i < FRAMES_MAX; i++)
            locals_read(m, l, vec_at(&walk.frames, i), take_variable, &v);
    repr_release(&v.repr);
    walk_release(&walk);
    str_release(&v.text);
}

static int layout_of(struct layout *ret, struct mem *m, uint32_t version, uint64_t runtime)
{
    uint8_t offsets[LAYOUT_DEBUG_OFFSETS_BYTES];
    if (version < 0x030d0000)
        return layout_known(ret, version);
    if (mem_read(m, runtime, offsets, sizeof offsets) != RD_OK)
        return -1;
    return layout_published(ret, offsets, sizeof offsets);
}

static void read_all(struct mem *m, const char *note)
{
    uint32_t version;
    uint64_t runtime, offsets_at = 0, interp;
    struct layout l;
    must(sscanf(note, "%" SCNx32 " %" SCNx64 " %" SCNx64, &version, &runtime, &offsets_at) >= 2);
    if (layout_of(&l, m, version, runtime) ||
        mem_read_u64(m, runtime + l.runtime_interpreters, &interp) != RD_OK)
        return;
    names_read(m, &l, interp, take_name, NULL);
    read_tasks(m, &l, interp, offsets_at);
    read_variables(m, &l, interp);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
    if (len_bytes < HEADER_BYTES)
        return 0;
    const char *name = images[bytes[0] % IMAGES];
    struct str image = file_read(name, ".img"), note = file_read(name, ".txt");
    struct err err;
    patch(&image, bytes, len_bytes);
    struct mem *m = mem_image_open_bytes(image.data, image.len, &err);
    if (m) {
        struct echo echo = {.mem = {.read = echo_read},
                            .under = m,
                            .bytes = bytes[1] & 1 ? bytes : NULL,
                            .len_bytes = len_bytes};
        read_all(&echo.mem, note.data);
        mem_free(m);
    }
    str_release(&image);
    str_release(&note);
    return 0;
}
