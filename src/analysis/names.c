/* Knows how a function is written. Knows nothing of its calls. */
#include "analysis/names.h"

#include "analysis/label.h"

static const char *keep(struct names *f)
{
    uint32_t id = intern_id(f->texts, f->text.data ? f->text.data : "", f->text.len, NULL);
    str_clear(&f->text);
    return intern_text(f->texts, id, NULL);
}

const char *names_clean(struct names *f, const char *text)
{
    label_clean(&f->text, text);
    return keep(f);
}

static struct function_name text_of(struct names *f, struct function_id id)
{
    const struct profile_function *function = vec_at(&f->profile->functions, id.i);
    const char *path = profile_string(f->profile, function->file);
    const char *name = profile_string(f->profile, function->name);
    struct function_name text = {
        .name = names_clean(f, name[0] ? name : "?"),
        .file =
            names_clean(f, f->query->full_filenames ? path : filename_short(&f->filename, path)),
        .path = names_clean(f, path),
        .first_line = function->first_line,
    };
    label_frame(&f->text, text.name, text.file, f->query->no_line ? 0 : text.first_line);
    text.label = keep(f);
    return text;
}

void names_init(struct names *f, const struct profile *p, const struct query *q)
{
    *f = (struct names){.profile = p, .query = q, .texts = intern_new()};
    vec_init(&f->rows, sizeof(struct function_name));
    filename_init(&f->filename);
}

void names_release(struct names *f)
{
    vec_release(&f->rows);
    filename_release(&f->filename);
    intern_free(f->texts);
    str_release(&f->text);
}

struct function_name names_of(struct names *f, struct function_id function)
{
    if (function.i >= f->rows.len)
        vec_resize(&f->rows, f->profile->functions.len);
    struct function_name *row = vec_at(&f->rows, function.i);
    if (!row->name)
        *row = text_of(f, function);
    return *row;
}
