/* The tables of the Firefox Profiler's format: strings, sources, functions, frames, stacks. A table is
 * an object of columns. */
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "export/color.h"
#include "export/gecko.h"
#include "export/path.h"

static void uint_or_null(struct gecko *g, uint32_t number)
{
    if (number) {
        json_uint(&g->json, number);
    } else {
        json_null(&g->json);
    }
}

/* A column that is the same in every row. */
static void column_of(struct gecko *g, const char *key, size_t rows, int64_t value)
{
    member_array(&g->json, key);
    for (size_t i = 0; i < rows; i++) {
        json_int(&g->json, value);
    }
    json_array_end(&g->json);
}

static void column_of_nulls(struct gecko *g, const char *key, size_t rows)
{
    member_array(&g->json, key);
    for (size_t i = 0; i < rows; i++) {
        json_null(&g->json);
    }
    json_array_end(&g->json);
}

static void column_of_false(struct gecko *g, const char *key, size_t rows)
{
    member_array(&g->json, key);
    for (size_t i = 0; i < rows; i++) {
        json_bool(&g->json, false);
    }
    json_array_end(&g->json);
}

static uint32_t string_index(struct gecko *g, const char *text)
{
    return intern_id(g->strings, text, strlen(text), NULL);
}

void gecko_write_empty_table(struct gecko *g, const char *key, const char *const *columns)
{
    member_object(&g->json, key);
    for (; *columns; columns++) {
        member_array(&g->json, *columns);
        json_array_end(&g->json);
    }
    member_uint(&g->json, "length", 0);
    json_object_end(&g->json);
}

/* Indices for all nodes that are not synthetic roots; parents come first there too. */
static uint32_t number_stacks(struct gecko *g)
{
    uint32_t count = 0;
    g->stacks = alloc_zeroed(g->view->nodes.len, sizeof(*g->stacks));
    for (uint32_t i = 1; i < g->view->nodes.len; i++) {
        if (!path_is_root(path_frame(g->view, i))) {
            g->stacks[i] = ++count;
        }
    }
    return count;
}

static void write_stacks(struct gecko *g)
{
    uint32_t count = number_stacks(g);
    const struct vec *nodes = &g->view->nodes;
    member_object(&g->json, "stackTable");
    member_array(&g->json, "frame");
    for (uint32_t i = 1; i < nodes->len; i++) {
        if (g->stacks[i]) {
            json_uint(&g->json, ((const struct view_node *)vec_at(nodes, i))->frame - 1);
        }
    }
    json_array_end(&g->json);
    member_array(&g->json, "prefix");
    for (uint32_t i = 1; i < nodes->len; i++) {
        uint32_t parent = g->stacks[((const struct view_node *)vec_at(nodes, i))->parent];
        if (!g->stacks[i]) {
            continue;
        } else if (parent) {
            json_uint(&g->json, parent - 1);
        } else {
            json_null(&g->json);
        }
    }
    json_array_end(&g->json);
    member_uint(&g->json, "length", count);
    json_object_end(&g->json);
}

static void write_frames(struct gecko *g)
{
    const struct vec *frames = &g->view->frames;
    size_t rows = frames->len - 1; /* the view's entry 0 is "none" */
    member_object(&g->json, "frameTable");
    column_of(g, "address", rows, -1);
    column_of(g, "inlineDepth", rows, 0);
    member_array(&g->json, "category");
    for (size_t i = 1; i <= rows; i++) {
        json_int(&g->json, color_kind(vec_at(frames, i)));
    }
    json_array_end(&g->json);
    column_of(g, "subcategory", rows, 0);
    member_array(&g->json, "func");
    for (size_t i = 1; i <= rows; i++) {
        json_uint(&g->json, g->functions.by_frame[i] - 1);
    }
    json_array_end(&g->json);
    column_of_nulls(g, "nativeSymbol", rows);
    column_of(g, "innerWindowID", rows, 0);
    member_array(&g->json, "line");
    for (size_t i = 1; i <= rows; i++) {
        uint_or_null(g, ((const struct view_frame *)vec_at(frames, i))->line);
    }
    json_array_end(&g->json);
    column_of_nulls(g, "column", rows);
    member_uint(&g->json, "length", rows);
    json_object_end(&g->json);
}

static void write_functions(struct gecko *g)
{
    size_t rows = g->functions.len - 1;
    member_object(&g->json, "funcTable");
    member_array(&g->json, "name");
    for (uint32_t i = 1; i <= rows; i++) {
        json_uint(&g->json, string_index(g, view_functions_frame(&g->functions, i)->name));
    }
    json_array_end(&g->json);
    column_of_false(g, "isJS", rows);
    column_of_false(g, "relevantForJS", rows);
    column_of(g, "resource", rows, -1);
    member_array(&g->json, "source");
    for (uint32_t i = 1; i <= rows; i++) {
        const char *path = view_functions_frame(&g->functions, i)->path;
        if (path[0]) {
            json_uint(&g->json, intern_id(g->paths, path, strlen(path), NULL));
        } else {
            json_null(&g->json);
        }
    }
    json_array_end(&g->json);
    member_array(&g->json, "lineNumber");
    for (uint32_t i = 1; i <= rows; i++) {
        uint_or_null(g, view_functions_frame(&g->functions, i)->first_line);
    }
    json_array_end(&g->json);
    column_of_nulls(g, "columnNumber", rows);
    member_uint(&g->json, "length", rows);
    json_object_end(&g->json);
}

/* After the functions, which name them. */
static void write_sources(struct gecko *g)
{
    uint32_t rows = intern_count(g->paths);
    member_object(&g->json, "sources");
    column_of_nulls(g, "id", rows);
    member_array(&g->json, "filename");
    for (uint32_t i = 0; i < rows; i++) {
        json_uint(&g->json, string_index(g, intern_text(g->paths, i, NULL)));
    }
    json_array_end(&g->json);
    column_of(g, "startLine", rows, 1);
    column_of(g, "startColumn", rows, 1);
    column_of_nulls(g, "sourceMapURL", rows);
    member_uint(&g->json, "length", rows);
    json_object_end(&g->json);
}

static void write_strings(struct gecko *g)
{
    member_array(&g->json, "stringArray");
    for (uint32_t i = 0; i < intern_count(g->strings); i++) {
        json_text(&g->json, intern_text(g->strings, i, NULL));
    }
    json_array_end(&g->json);
}

void gecko_write_tables(struct gecko *g)
{
    static const char *const resources[] = {"lib", "name", "host", "type", NULL};
    static const char *const symbols[] = {"libIndex", "address", "name", "functionSize", NULL};
    member_object(&g->json, "shared");
    write_stacks(g);
    write_frames(g);
    write_functions(g);
    gecko_write_empty_table(g, "resourceTable", resources);
    gecko_write_empty_table(g, "nativeSymbols", symbols);
    write_sources(g);
    write_strings(g); /* last: by now every string is known */
    json_object_end(&g->json);
}
