/* An interpreter whose stacks are none: a stored image (tests/fixtures/images) with bytes replaced.
 *
 *     byte 0        which image
 *     byte 1        bit 0: what the image lacks is there, and reads as this input, over and over
 *                   bit 1: stacks are read as of stopped threads
 *                   bit 2: what is published of the layout is as spoilt as the rest
 *     byte 2        how many reads, times 4, see the image as it was before the patches: it changes
 *     from byte 3   patches: 3 bytes of offset in the image, then 8 bytes to put there */
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cpython/code.h"
#include "cpython/runtime.h"
#include "cpython/threads.h"
#include "cpython/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

enum {
    PATCH_BYTES = 11,
    HEADER_BYTES = 3,
    ECHO_BYTES_MAX = 1 << 16, /* in one read: longer ones only take time */
    READS_MAX = 200000,
    NOW_NS = 1000000000,
    ECHO = 1,
    FROZEN = 2,
    PUBLISHED = 4,
};

static const char *const images[] = {"stacks-3.8",   "stacks-3.9",  "stacks-3.10",
                                     "stacks-3.11",  "stacks-3.12", "stacks-3.13",
                                     "stacks-3.13t", "stacks-3.14", "stacks-3.15"};
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
    const char *folder = strstr(__FILE__, "fuzz/fuzz_stacks.c");
    snprintf(path, sizeof path, "%.*sfixtures/images/%s%s", (int)(folder - __FILE__), __FILE__,
             name, suffix);
    FILE *file = fopen(path, "rb");
    must(file != NULL);
    for (size_t got; (got = fread(part, 1, sizeof part, file)) > 0;)
        str_add_bytes(&text, part, got);
    fclose(file);
    return text;
}

/* The image as it was, then the patched one; what they lack is torn, or an echo. */
struct echo {
    struct mem mem;
    struct mem *before, *after;
    uint64_t reads, change; /* from that read on it is the patched one */
    const uint8_t *bytes;   /* NULL: torn */
    size_t len_bytes;
};

static enum rd echo_read(struct mem *m, const struct mem_range *ranges, size_t count)
{
    struct echo *e = (struct echo *)m;
    for (size_t i = 0; i < count; i++) {
        struct mem *under = e->reads++ < e->change ? e->before : e->after;
        enum rd rd = mem_read_many(under, &ranges[i], 1);
        must(e->reads < READS_MAX);
        if (rd != RD_OK && (!e->bytes || ranges[i].len_bytes > ECHO_BYTES_MAX))
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

struct reading {
    struct mem *mem;
    const struct runtime *runtime;
    enum walk_mode mode;
    struct code_cache *codes;
    size_t threads;
};

static int take_event(struct sink *sink, const struct event *event)
{
    (void)sink;
    must(event->kind != EVENT_STRING || event->string.text.len_bytes <= (1 << 14));
    return 0;
}

static void read_stack(struct reading *r, struct walk *walk, uint64_t tstate)
{
    const struct layout *l = &r->runtime->layout;
    if (walk_read(walk, r->mem, l, tstate, r->mode) != RD_OK)
        return;
    const struct walk_frame *frames = walk->frames.data;
    size_t n = walk->frames.len;
    must(n <= WALK_FRAMES_MAX && walk->trusted == n);
    for (size_t i = 0; i + 1 < n; i++)
        must(frames[i].back == frames[i + 1].address);
    must(!n || !frames[n - 1].back);
    /* Twice: learnt, then checked. */
    for (uint64_t now_ns = NOW_NS; now_ns <= 2 * NOW_NS; now_ns += NOW_NS)
        if (code_cache_prepare(r->codes, frames, n, 0, now_ns) != RD_OK)
            return;
    for (size_t i = 0; i < n; i++) {
        struct frame_id id;
        if (frames[i].python && code_cache_frame(r->codes, &frames[i], &id))
            must(id.i != 0);
    }
    walk_confirm(walk, r->mem, l);
}

static bool take_thread(void *context, const struct threads_entry *entry)
{
    struct reading *r = context;
    struct walk walk;
    must(++r->threads <= THREADS_MAX);
    if (r->threads > 16)
        return false;
    walk_init(&walk);
    read_stack(r, &walk, entry->tstate);
    walk_release(&walk);
    return true;
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

static void read_all(struct mem *m, struct mem *published, enum walk_mode mode, const char *note)
{
    uint32_t version;
    struct runtime runtime = {0};
    struct sink sink = {.emit = take_event};
    must(sscanf(note, "%" SCNx32 " %" SCNx64 " %" SCNx64, &version, &runtime.address,
                &runtime.code_type) == 3);
    if (layout_of(&runtime.layout, published, version, runtime.address) ||
        runtime_check(&runtime, m) != RUNTIME_READY)
        return;
    struct dictionary *dictionary = dictionary_new(&sink);
    struct reading r = {.mem = m, .runtime = &runtime, .mode = mode};
    r.codes = code_cache_new(m, &runtime.layout, runtime.code_type, dictionary);
    threads_read(m, &runtime, take_thread, &r);
    code_cache_free(r.codes);
    dictionary_free(dictionary);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
    if (len_bytes < HEADER_BYTES)
        return 0;
    const char *name = images[bytes[0] % IMAGES];
    struct str image = file_read(name, ".img"), note = file_read(name, ".txt");
    struct str patched = STR_EMPTY;
    struct err err;
    str_add_bytes(&patched, image.data, image.len);
    patch(&patched, bytes, len_bytes);
    struct mem *before = mem_image_open_bytes(image.data, image.len, &err);
    struct mem *after = mem_image_open_bytes(patched.data, patched.len, &err);
    must(before != NULL);
    if (after) {
        struct echo echo = {.mem = {.read = echo_read},
                            .before = before,
                            .after = after,
                            .change = 4 * (uint64_t)bytes[2],
                            .bytes = bytes[1] & ECHO ? bytes : NULL,
                            .len_bytes = len_bytes};
        read_all(&echo.mem, bytes[1] & PUBLISHED ? after : before,
                 bytes[1] & FROZEN ? WALK_FROZEN : WALK_VERIFIED, note.data);
    }
    mem_free(before);
    mem_free(after);
    str_release(&image);
    str_release(&patched);
    str_release(&note);
    return 0;
}
