/* Functions and lines as rows with names that can be shown, and the cells that hold their time. Bounded:
 * the coldest rows are given up when there are too many. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/label.h"
#include "analysis/live_index.h"
#include "base/alloc.h"

static const char *shown(struct live *l, const char *text)
{
    struct live_index *x = l->index;
    str_clear(&x->label);
    label_clean(&x->label, text);
    str_add(&x->label, "");
    return intern_text(x->shown, intern_id(x->shown, x->label.data, x->label.len, NULL), NULL);
}

static const char *defined_text(const struct live *l, struct string_id id)
{
    const uint32_t *text = live_table_at(&l->index->strings, id.i);
    return text ? intern_text(l->index->texts, *text, NULL) : "";
}

/* The row that looks like `row`, whose texts are as recorded. */
static uint32_t row_id(struct live *l, struct live_row row)
{
    struct live_index *x = l->index;
    bool is_new;
    str_clear(&x->key);
    str_printf(&x->key, "%d %u ", row.is_line, row.line);
    str_add(&x->key, row.name);
    str_add_bytes(&x->key, "", 1);
    str_add(&x->key, row.path);
    uint32_t id = intern_id(x->keys, x->key.data, x->key.len, &is_new);
    if (!is_new)
        return id;
    bool full = l->query.full_filenames;
    row.file = shown(l, full ? row.path : filename_short(&x->filename, row.path));
    row.name = shown(l, row.name);
    row.path = shown(l, row.path);
    *(struct live_row *)vec_push(&l->rows) = row;
    vec_resize(&x->path.marks, l->rows.len);
    return id;
}

static bool matches(const struct live *l, const char *const *patterns, uint32_t row)
{
    const struct live_row *r = vec_at(&l->rows, row);
    struct str *label = &l->index->label;
    str_clear(label);
    label_frame(label, r->name, r->file, r->line);
    const char *texts[] = {r->name, r->file, r->path, label->data ? label->data : ""};
    for (; patterns && *patterns; patterns++)
        for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
            if (fnmatch(*patterns, texts[i], 0) == 0)
                return true;
    return false;
}

void live_rows_of(struct live *l, struct live_frame *frame)
{
    if (frame->function_row)
        return;
    const struct live_function *f = live_table_at(&l->index->functions, frame->function.i);
    const struct query *q = &l->query;
    struct live_row row = {.name = f ? defined_text(l, f->name) : "",
                           .path = f ? defined_text(l, f->file) : "",
                           .line = f && !q->no_line ? f->first_line : 0};
    uint32_t function_row = row_id(l, row);
    row.is_line = true;
    row.line = q->no_line ? 0 : frame->line;
    frame->line_row = row_id(l, row);
    frame->function_row = function_row;
    uint32_t seen = q->functions ? function_row : frame->line_row;
    frame->match = (matches(l, q->include, seen) ? LIVE_INCLUDED : 0) |
                   (matches(l, q->exclude, seen) ? LIVE_EXCLUDED : 0);
}

struct live_step live_rows_synthetic(struct live *l, const char *name)
{
    struct live_row row = {.name = name, .path = ""};
    struct live_step step = {.function_row = row_id(l, row)};
    row.is_line = true;
    step.line_row = row_id(l, row);
    return step;
}

void live_rows_begin(struct live *l)
{
    l->index->shown = intern_new();
    l->index->keys = intern_new();
    live_rows_synthetic(l, "(others)"); /* rows 0 and 1 */
}

struct live_cell *live_cell_of(struct live *l, uint32_t thread, uint32_t row)
{
    uint64_t key = (uint64_t)thread << 32 | row;
    uint32_t at;
    if (map_find(&l->index->cells, key, &at))
        return vec_at(&l->cells, at);
    map_put(&l->index->cells, key, (uint32_t)l->cells.len);
    struct live_cell *cell = vec_push(&l->cells);
    cell->row = row;
    cell->thread = thread;
    return cell;
}

static uint64_t heat(const struct live_cell *cell)
{
    return cell->since[LIVE_WALL].total_ns + cell->now[LIVE_WALL].total_ns;
}

static int by_heat(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left < right) - (left > right);
}

/* The heat that half of what may be kept has, or 0 if all of it may. A row is never hotter in one
 * thread than in all, so it goes from the threads first. */
static uint64_t heat_wanted(const struct live *l)
{
    if (l->cells.len <= LIVE_CELLS_MAX)
        return 0;
    uint64_t *heats = alloc_zeroed(l->cells.len, sizeof(*heats));
    for (size_t i = 0; i < l->cells.len; i++)
        heats[i] = heat(vec_at(&l->cells, i));
    qsort(heats, l->cells.len, sizeof(*heats), by_heat);
    uint64_t wanted = heats[LIVE_CELLS_MAX / 2] + 1;
    free(heats);
    return wanted;
}

static void give_to_others(struct live *l, const struct live_cell *cell, bool is_line)
{
    struct live_cell *others = live_cell_of(l, 0, is_line);
    for (int c = 0; c < LIVE_CLASSES; c++) {
        others->now[c].own_ns += cell->now[c].own_ns;
        others->now[c].total_ns += cell->now[c].own_ns;
        others->since[c].own_ns += cell->since[c].own_ns;
        others->since[c].total_ns += cell->since[c].own_ns;
    }
}

/* All rows are made anew, so that what nobody refers to any more is gone. */
static void keep(struct live *l, const struct live_cell *cell, const struct vec *rows)
{
    uint32_t row = row_id(l, *(const struct live_row *)vec_at(rows, cell->row));
    struct live_cell *kept = live_cell_of(l, cell->thread, row);
    struct live_cell copy = *cell;
    copy.row = row;
    *kept = copy;
}

static void forget_rows(struct live *l)
{
    struct live_index *x = l->index;
    for (size_t i = 0; i < x->frames.items.len; i++)
        ((struct live_frame *)vec_at(&x->frames.items, i))->function_row = 0;
    x->gc = (struct live_step){0};
    map_clear(&x->cells);
    vec_clear(&x->path.marks);
    vec_init(&l->rows, sizeof(struct live_row));
    vec_init(&l->cells, sizeof(struct live_cell));
    live_rows_begin(l);
    l->generation++;
}

void live_rows_trim(struct live *l)
{
    struct live_index *x = l->index;
    uint64_t wanted = heat_wanted(l);
    if (!wanted && x->dead_threads < LIVE_DEAD_MAX)
        return;
    struct vec cells = l->cells, rows = l->rows;
    struct intern *texts = x->shown, *keys = x->keys;
    forget_rows(l);
    for (size_t i = 0; i < cells.len; i++) {
        const struct live_cell *cell = vec_at(&cells, i);
        if (cell->thread && !live_thread_of(l, cell->thread))
            continue;
        bool is_others = cell->row < 2;
        if (heat(cell) >= wanted && !is_others) {
            keep(l, cell, &rows);
        } else if (!cell->thread) {
            give_to_others(l, cell, ((const struct live_row *)vec_at(&rows, cell->row))->is_line);
            l->dropped += !is_others;
        }
    }
    x->dead_threads = 0;
    vec_release(&cells);
    vec_release(&rows);
    intern_free(texts);
    intern_free(keys);
}
