/* Knows when two places are the same to the reader and how a query wants them named. Knows nothing
 * of stacks or samples. */
#include "analysis/frames.h"

#include <stdlib.h>

#include "analysis/label.h"
#include "base/alloc.h"

struct frames_row {
    uint32_t label, name, file, path; /* ids of texts */
    uint32_t line, first_line;
    enum view_frame_kind kind;
    unsigned match;
};

static const char *text_of(const struct frames *f, uint32_t id)
{
    return intern_text(f->texts, id, NULL);
}

static uint32_t text_add(struct frames *f, const struct str *s)
{
    bool is_new;
    return intern_id(f->texts, s->data ? s->data : "", s->len, &is_new);
}

void frames_init(struct frames *f, const struct profile *p, const struct query *q,
                 struct intern *texts)
{
    *f = (struct frames){.profile = p, .query = q, .texts = texts, .keys = intern_new()};
    vec_init(&f->rows, sizeof(struct frames_row));
    f->by_frame = alloc_zeroed(p->frames.len + 1, sizeof(*f->by_frame));
    f->by_file = alloc_zeroed((size_t)intern_count(p->strings) + 1, sizeof(*f->by_file));
    filename_init(&f->filename);
    uint32_t empty = frames_text(f, "");
    *(struct frames_row *)vec_push(&f->rows) =
        (struct frames_row){.label = empty, .name = empty, .file = empty, .path = empty};
}

void frames_release(struct frames *f)
{
    intern_free(f->keys);
    vec_release(&f->rows);
    free(f->by_frame);
    free(f->by_file);
    filename_release(&f->filename);
    str_release(&f->label);
    str_release(&f->key);
}

uint32_t frames_text(struct frames *f, const char *text)
{
    str_clear(&f->label);
    label_clean(&f->label, text);
    return text_add(f, &f->label);
}

static uint32_t shown_file(struct frames *f, struct string_id file)
{
    if (file.i >= intern_count(f->profile->strings)) {
        return frames_text(f, "");
    }
    if (!f->by_file[file.i]) {
        const char *path = profile_string(f->profile, file);
        f->by_file[file.i] =
            1 +
            frames_text(f, f->query->full_filenames ? path : filename_short(&f->filename, path));
    }
    return f->by_file[file.i] - 1;
}

/* The frame that looks like `row`; made if there is none. */
static uint32_t row_id(struct frames *f, struct frames_row *row)
{
    str_clear(&f->key);
    str_printf(&f->key, "%d %u %u", (int)row->kind, row->label, row->path);
    bool is_new;
    uint32_t id = 1 + intern_id(f->keys, f->key.data, f->key.len, &is_new);
    if (is_new) {
        bool python = row->kind == VIEW_PYTHON;
        const char *const texts[] = {text_of(f, row->name), text_of(f, row->file),
                                     text_of(f, row->path), text_of(f, row->label), NULL};
        row->match = (python && query_matches(f->query->include, texts) ? FRAMES_INCLUDED : 0) |
                     (python && query_matches(f->query->exclude, texts) ? FRAMES_EXCLUDED : 0);
        *(struct frames_row *)vec_push(&f->rows) = *row;
    }
    return id;
}

static uint32_t make_frame(struct frames *f, const struct profile_frame *frame)
{
    const struct profile_function *function = vec_at(&f->profile->functions, frame->function.i);
    const struct query *q = f->query;
    struct frames_row row = {
        .name = frames_text(f, profile_string(f->profile, function->name)),
        .file = shown_file(f, function->file),
        .path = frames_text(f, profile_string(f->profile, function->file)),
        .line = q->no_line     ? 0
                : q->functions ? function->first_line
                               : frame->line,
        .first_line = function->first_line,
        .kind = VIEW_PYTHON,
    };
    str_clear(&f->label);
    label_frame(&f->label, text_of(f, row.name), text_of(f, row.file), row.line);
    row.label = text_add(f, &f->label);
    return row_id(f, &row);
}

uint32_t frames_of(struct frames *f, struct frame_id frame)
{
    if (!f->by_frame[frame.i]) {
        f->by_frame[frame.i] = make_frame(f, vec_at(&f->profile->frames, frame.i));
    }
    return f->by_frame[frame.i];
}

uint32_t frames_synthetic(struct frames *f, enum view_frame_kind kind, const char *label)
{
    uint32_t empty = frames_text(f, "");
    uint32_t text = frames_text(f, label);
    struct frames_row row = {
        .label = text, .name = text, .file = empty, .path = empty, .kind = kind};
    return row_id(f, &row);
}

unsigned frames_match(const struct frames *f, uint32_t view_frame)
{
    return ((const struct frames_row *)vec_at(&f->rows, view_frame))->match;
}

void frames_write(const struct frames *f, struct vec *out)
{
    vec_resize(out, f->rows.len);
    for (size_t i = 0; i < f->rows.len; i++) {
        const struct frames_row *row = vec_at(&f->rows, i);
        *(struct view_frame *)vec_at(out, i) = (struct view_frame){
            .label = text_of(f, row->label),
            .name = text_of(f, row->name),
            .file = text_of(f, row->file),
            .path = text_of(f, row->path),
            .line = row->line,
            .first_line = row->first_line,
            .kind = row->kind,
        };
    }
}
