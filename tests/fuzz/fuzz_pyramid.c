/* Any bytes as a recording with an index: opened, and written as events. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "analysis/pyramid.h"
#include "base/vec.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* Each level tells of the same calls. */
static void check(const struct pyramid *p, const struct pyramid_track *t)
{
    uint64_t calls[PYRAMID_LEVELS_MAX] = {0};
    must(t->level_count > 0 && t->level_count <= PYRAMID_LEVELS_MAX);
    must(t->thread.i < p->profile->threads.len);
    for (size_t level = 0; level < t->level_count; level++) {
        const struct pyramid_bin *bins = pyramid_level(t, level);
        must(t->levels[level].first + t->levels[level].count <= PYRAMID_BINS);
        for (size_t i = 0; i < t->levels[level].count; i++) {
            must(bins[i].function.i < p->profile->functions.len);
            calls[level] += bins[i].calls;
        }
        must(calls[level] == calls[0]);
    }
    must(t->levels[t->level_count - 1].count <= 1);
}

static int ignore(struct sink *sink, const struct event *event)
{
    (void)sink;
    (void)event;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
    struct err err;
    struct pyramid p;
    struct sink sink = {.emit = ignore};
    struct reader *r = reader_open_bytes(bytes, len_bytes, "fuzz", &err);
    if (!r)
        return 0;
    must(pyramid_open(&p, r, &err) == 0);
    for (size_t i = 0; i < p.tracks.len; i++)
        check(&p, vec_at(&p.tracks, i));
    must(pyramid_write(&p, &sink) == 0);
    pyramid_release(&p);
    reader_free(r);
    return 0;
}
