/* An interpreter to read from, for tests of the readers: a stored image with a note beside it,
 * or a live process, of which an image can be kept.
 *
 * NAME.img is the memory, NAME.txt the note: "VERSION RUNTIME" in hexadecimal digits, then what
 * the test expects. */
#ifndef HEATLINE_TESTS_UNIT_SUBJECT_H
#define HEATLINE_TESTS_UNIT_SUBJECT_H

#include <inttypes.h>
#include <limits.h>

#include "check.h"
#include "cpython/runtime.h"

struct subject {
    struct mem *mem;
    struct layout layout;
    uint64_t runtime, interp;
    FILE *note; /* after its first line */
};

static inline void subject_path(char *path, const char *name, const char *suffix)
{
    const char *folder = strstr(__FILE__, "unit/subject.h");
    snprintf(path, PATH_MAX, "%.*sfixtures/images/%s%s", (int)(folder - __FILE__), __FILE__, name,
             suffix);
}

/* Refuses whole pages: readers that would remember them ask for what they need, and images of
 * that are small. */
struct subject_narrow {
    struct mem mem;
    struct mem *under;
};

static inline enum rd subject_narrow_read(struct mem *m, const struct mem_range *ranges,
                                          size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ranges[i].len_bytes >= 4096)
            return RD_TORN;
    return mem_read_many(((struct subject_narrow *)m)->under, ranges, count);
}

static inline void subject_narrow_free(struct mem *m)
{
    mem_free(((struct subject_narrow *)m)->under);
    free(m);
}

static inline struct mem *subject_narrow_new(struct mem *under)
{
    struct subject_narrow *n = calloc(1, sizeof *n);
    n->mem.read = subject_narrow_read;
    n->mem.free = subject_narrow_free;
    n->under = under;
    return &n->mem;
}

static inline void subject_interp(struct subject *s)
{
    assert_int_equal(mem_read_u64(s->mem, s->runtime + s->layout.runtime_interpreters, &s->interp),
                     RD_OK);
}

static inline void subject_open(struct subject *s, const char *name)
{
    char path[PATH_MAX];
    struct err err = {0};
    uint32_t version;
    *s = (struct subject){0};
    subject_path(path, name, ".txt");
    s->note = fopen(path, "r");
    if (!s->note)
        fail_msg("cannot open %s", path);
    assert_int_equal(fscanf(s->note, "%" SCNx32 " %" SCNx64 "\n", &version, &s->runtime), 2);
    subject_path(path, name, ".img");
    s->mem = mem_image_open(path, &err);
    if (!s->mem)
        fail_msg("%s", err.text);
    uint8_t offsets[LAYOUT_DEBUG_OFFSETS_BYTES];
    if (version < 0x030d0000) {
        assert_int_equal(layout_known(&s->layout, version), 0);
    } else {
        assert_int_equal(mem_read(s->mem, s->runtime, offsets, sizeof offsets), RD_OK);
        assert_int_equal(layout_published(&s->layout, offsets, sizeof offsets), 0);
    }
    subject_interp(s);
}

/* 0, or -1 when there is no Python. */
static inline int subject_attach(struct subject *s, pid_t pid)
{
    struct mem *live = mem_live_new(pid);
    *s = (struct subject){.mem = mem_tape_new(subject_narrow_new(live))}; /* frees them too */
    struct runtime runtime;
    struct runtime_finder *finder = runtime_finder_new();
    enum runtime_state state = runtime_find(finder, pid, live, &runtime);
    runtime_finder_free(finder);
    if (state != RUNTIME_READY)
        return -1;
    uint8_t offsets[LAYOUT_DEBUG_OFFSETS_BYTES];
    s->layout = runtime.layout;
    s->runtime = runtime.address;
    if (s->layout.version >= 0x030d0000)
        assert_int_equal(mem_read(s->mem, s->runtime, offsets, sizeof offsets), RD_OK);
    subject_interp(s);
    return 0;
}

/* What was read so far, and the note with `expected` in it. */
static inline int subject_keep(const struct subject *s, const char *name, const char *expected)
{
    char path[PATH_MAX];
    struct err err = {0};
    subject_path(path, name, ".txt");
    FILE *note = fopen(path, "w");
    if (!note)
        return -1;
    fprintf(note, "%" PRIx32 " %" PRIx64 "\n%s", s->layout.version, s->runtime, expected);
    fclose(note);
    subject_path(path, name, ".img");
    return mem_tape_save(s->mem, path, &err);
}

static inline void subject_close(struct subject *s)
{
    if (s->note)
        fclose(s->note);
    mem_free(s->mem);
}

static const char *const subject_versions[] = {"3.8",  "3.9",   "3.10", "3.11", "3.12",
                                               "3.13", "3.13t", "3.14", "3.15"};
enum { SUBJECT_VERSIONS = sizeof subject_versions / sizeof *subject_versions };

#endif
