/* One look at all stacks of an interpreter, in words, and the stored images that hold some. */
#ifndef HEATLINE_TESTS_UNIT_STACKS_H
#define HEATLINE_TESTS_UNIT_STACKS_H

#include "book.h"
#include "cpython/code.h"
#include "cpython/threads.h"
#include "cpython/walk.h"
#include "subject.h"

enum { NOW_NS = 1000000000 };

/* One look at everything: the threads, their stacks, the words for their frames. */
struct look {
    struct mem *mem;
    const struct runtime *runtime;
    enum walk_mode mode;
    struct book book;
    struct dictionary *dictionary;
    struct code_cache *codes;
    struct str text;
    size_t threads, frames;
    enum rd rd; /* of the first stack that could not be read */
};

static inline enum rd look_at_stack(struct look *k, struct walk *walk, uint64_t tstate)
{
    enum rd rd = walk_read(walk, k->mem, &k->runtime->layout, tstate, k->mode);
    const struct walk_frame *frames = walk->frames.data;
    if (rd != RD_OK)
        return rd;
    assert_int_equal(walk->trusted, walk->frames.len);
    if ((rd = code_cache_prepare(k->codes, frames, walk->frames.len, 0, NOW_NS)) != RD_OK)
        return rd;
    for (size_t i = 0; i < walk->frames.len; i++) {
        struct frame_id id;
        if (!frames[i].python || !code_cache_frame(k->codes, &frames[i], &id))
            continue;
        str_add(&k->text, "  ");
        book_tell(&k->book, id, &k->text);
        str_add(&k->text, "\n");
        k->frames++;
    }
    return k->mode == WALK_VERIFIED ? walk_confirm(walk, k->mem, &k->runtime->layout) : RD_OK;
}

static inline bool look_at_thread(void *context, const struct threads_entry *entry)
{
    struct look *k = context;
    struct walk walk;
    walk_init(&walk);
    str_printf(&k->text, "thread %" PRIu64 " %" PRId32 "\n", entry->ident, entry->tid);
    k->threads++;
    k->rd = look_at_stack(k, &walk, entry->tstate);
    walk_release(&walk);
    return k->rd == RD_OK;
}

static inline void look_init(struct look *k, struct mem *mem, const struct runtime *runtime,
                             enum walk_mode mode)
{
    *k = (struct look){.mem = mem, .runtime = runtime, .mode = mode};
    book_init(&k->book);
    k->dictionary = dictionary_new(&k->book.sink);
    k->codes = code_cache_new(mem, &runtime->layout, runtime->code_type, k->dictionary);
}

static inline void look_release(struct look *k)
{
    code_cache_free(k->codes);
    dictionary_free(k->dictionary);
    book_release(&k->book);
    str_release(&k->text);
}

static inline enum rd look_at_all(struct look *k)
{
    if (runtime_check(k->runtime, k->mem) != RUNTIME_READY)
        return RD_TORN;
    enum rd rd = threads_read(k->mem, k->runtime, look_at_thread, k);
    return k->rd != RD_OK ? k->rd : rd;
}

static inline struct str read_whole(FILE *in)
{
    struct str text = STR_EMPTY;
    char part[4096];
    for (size_t got; (got = fread(part, 1, sizeof part, in)) > 0;)
        str_add_bytes(&text, part, got);
    return text;
}

/* An image with the runtime that its note tells; PyCode_Type's address is in the second line. */
struct stored {
    struct subject subject;
    struct runtime runtime;
    struct str expected;
};

static inline void stored_open(struct stored *s, const char *version)
{
    char name[32];
    snprintf(name, sizeof name, "stacks-%s", version);
    *s = (struct stored){0};
    subject_open(&s->subject, name);
    s->runtime.layout = s->subject.layout;
    s->runtime.address = s->subject.runtime;
    assert_int_equal(fscanf(s->subject.note, "%" SCNx64 "\n", &s->runtime.code_type), 1);
    s->expected = read_whole(s->subject.note);
}

static inline void stored_close(struct stored *s)
{
    str_release(&s->expected);
    subject_close(&s->subject);
}

#endif
