/* Firefox Profiler's processed format, version 63 (firefox-devtools/profiler,
 * docs-developer/CHANGELOG-formats.md); profiler.firefox.com upgrades what is older than itself. All
 * threads share the tables of stacks, frames and functions. A sample's weight is the time it stands
 * for; idle time is a sample without a stack and of no weight. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/timeline.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/intern.h"
#include "base/json.h"
#include "export/color.h"
#include "export/formats.h"
#include "export/functions.h"
#include "export/path.h"
#include "export/tracks.h"

enum {
    GECKO_VERSION = 24, /* of Firefox's own format, which we do not write but must name */
    PROCESSED_VERSION = 63,
};

struct gecko {
    const struct view *view;
    struct json json;
    struct intern *strings; /* ids are indices of stringArray */
    struct functions functions;
    uint32_t *stacks; /* node → index in stackTable + 1; 0 = none (no frame, or a synthetic root) */
    struct intern *paths;
    uint64_t *tracks;
    uint64_t start_ns;
};

static const struct {
    const char *name, *color;
} categories[COLOR_KINDS + 1] = {
    [COLOR_OWN] = {"Python", "yellow"},
    [COLOR_PACKAGE] = {"Packages", "blue"},
    [COLOR_LIBRARY] = {"Standard library", "green"},
    [COLOR_NEUTRAL] = {"Other", "grey"}, /* the profiler wants a grey one */
    [COLOR_MARK] = {"Garbage collection", "magenta"},
    [COLOR_KINDS] = {"Idle", "transparent"},
};

static void key_text(struct gecko *g, const char *key, const char *text)
{
    json_key(&g->json, key);
    json_text(&g->json, text);
}

static void key_uint(struct gecko *g, const char *key, uint64_t number)
{
    json_key(&g->json, key);
    json_uint(&g->json, number);
}

static void key_bool(struct gecko *g, const char *key, bool value)
{
    json_key(&g->json, key);
    json_bool(&g->json, value);
}

static void key_ms(struct gecko *g, const char *key, uint64_t ns)
{
    json_key(&g->json, key);
    json_double(&g->json, (double)ns / NS_PER_MS, 6);
}

static void open_array(struct gecko *g, const char *key)
{
    json_key(&g->json, key);
    json_array(&g->json);
}

static void open_object(struct gecko *g, const char *key)
{
    json_key(&g->json, key);
    json_object(&g->json);
}

static void empty_array(struct gecko *g, const char *key)
{
    open_array(g, key);
    json_array_end(&g->json);
}

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
    open_array(g, key);
    for (size_t i = 0; i < rows; i++) {
        json_int(&g->json, value);
    }
    json_array_end(&g->json);
}

static void column_of_nulls(struct gecko *g, const char *key, size_t rows)
{
    open_array(g, key);
    for (size_t i = 0; i < rows; i++) {
        json_null(&g->json);
    }
    json_array_end(&g->json);
}

static void column_of_false(struct gecko *g, const char *key, size_t rows)
{
    open_array(g, key);
    for (size_t i = 0; i < rows; i++) {
        json_bool(&g->json, false);
    }
    json_array_end(&g->json);
}

static uint32_t string_index(struct gecko *g, const char *text)
{
    return intern_id(g->strings, text, strlen(text), NULL);
}

static void write_meta(struct gecko *g)
{
    const struct view *v = g->view;
    open_object(g, "meta");
    key_uint(g, "version", GECKO_VERSION);
    key_uint(g, "preprocessedProfileVersion", PROCESSED_VERSION);
    key_text(g, "product", v->title);
    key_text(g, "importedFrom", "Heatline");
    key_uint(g, "processType", 0);
    key_uint(g, "stackwalk", 1);
    key_bool(g, "debug", false);
    key_bool(g, "symbolicated", true);
    key_bool(g, "symbolicationNotSupported", true);
    key_bool(g, "usesOnlyOneStackType", true);
    key_bool(g, "sourceCodeIsNotOnSearchfox", true);
    key_ms(g, "interval", (uint64_t)(NS_PER_S / v->rate_hz));
    key_ms(g, "startTime", timeline_start_wall_ns(v));
    open_object(g, "sampleUnits");
    key_text(g, "time", "ms");
    key_text(g, "eventDelay", "ms");
    key_text(g, "threadCPUDelta", "ns");
    json_object_end(&g->json);
    open_array(g, "categories");
    for (size_t i = 0; i < sizeof(categories) / sizeof(*categories); i++) {
        json_object(&g->json);
        key_text(g, "name", categories[i].name);
        key_text(g, "color", categories[i].color);
        open_array(g, "subcategories");
        json_text(&g->json, "Other");
        json_array_end(&g->json);
        json_object_end(&g->json);
    }
    json_array_end(&g->json);
    empty_array(g, "markerSchema");
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
    open_object(g, "stackTable");
    open_array(g, "frame");
    for (uint32_t i = 1; i < nodes->len; i++) {
        if (g->stacks[i]) {
            json_uint(&g->json, ((const struct view_node *)vec_at(nodes, i))->frame - 1);
        }
    }
    json_array_end(&g->json);
    open_array(g, "prefix");
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
    key_uint(g, "length", count);
    json_object_end(&g->json);
}

static void write_frames(struct gecko *g)
{
    const struct vec *frames = &g->view->frames;
    size_t rows = frames->len - 1; /* the view's entry 0 is "none" */
    open_object(g, "frameTable");
    column_of(g, "address", rows, -1);
    column_of(g, "inlineDepth", rows, 0);
    open_array(g, "category");
    for (size_t i = 1; i <= rows; i++) {
        json_int(&g->json, color_kind(vec_at(frames, i)));
    }
    json_array_end(&g->json);
    column_of(g, "subcategory", rows, 0);
    open_array(g, "func");
    for (size_t i = 1; i <= rows; i++) {
        json_uint(&g->json, g->functions.by_frame[i] - 1);
    }
    json_array_end(&g->json);
    column_of_nulls(g, "nativeSymbol", rows);
    column_of(g, "innerWindowID", rows, 0);
    open_array(g, "line");
    for (size_t i = 1; i <= rows; i++) {
        uint_or_null(g, ((const struct view_frame *)vec_at(frames, i))->line);
    }
    json_array_end(&g->json);
    column_of_nulls(g, "column", rows);
    key_uint(g, "length", rows);
    json_object_end(&g->json);
}

static void write_functions(struct gecko *g)
{
    size_t rows = g->functions.len - 1;
    open_object(g, "funcTable");
    open_array(g, "name");
    for (uint32_t i = 1; i <= rows; i++) {
        json_uint(&g->json, string_index(g, functions_frame(&g->functions, i)->name));
    }
    json_array_end(&g->json);
    column_of_false(g, "isJS", rows);
    column_of_false(g, "relevantForJS", rows);
    column_of(g, "resource", rows, -1);
    open_array(g, "source");
    for (uint32_t i = 1; i <= rows; i++) {
        const char *path = functions_frame(&g->functions, i)->path;
        if (path[0]) {
            json_uint(&g->json, intern_id(g->paths, path, strlen(path), NULL));
        } else {
            json_null(&g->json);
        }
    }
    json_array_end(&g->json);
    open_array(g, "lineNumber");
    for (uint32_t i = 1; i <= rows; i++) {
        uint_or_null(g, functions_frame(&g->functions, i)->first_line);
    }
    json_array_end(&g->json);
    column_of_nulls(g, "columnNumber", rows);
    key_uint(g, "length", rows);
    json_object_end(&g->json);
}

/* After the functions, which name them. */
static void write_sources(struct gecko *g)
{
    uint32_t rows = intern_count(g->paths);
    open_object(g, "sources");
    column_of_nulls(g, "id", rows);
    open_array(g, "filename");
    for (uint32_t i = 0; i < rows; i++) {
        json_uint(&g->json, string_index(g, intern_text(g->paths, i, NULL)));
    }
    json_array_end(&g->json);
    column_of(g, "startLine", rows, 1);
    column_of(g, "startColumn", rows, 1);
    column_of_nulls(g, "sourceMapURL", rows);
    key_uint(g, "length", rows);
    json_object_end(&g->json);
}

static void write_empty_table(struct gecko *g, const char *key, const char *const *columns)
{
    open_object(g, key);
    for (; *columns; columns++) {
        empty_array(g, *columns);
    }
    key_uint(g, "length", 0);
    json_object_end(&g->json);
}

static void write_strings(struct gecko *g)
{
    open_array(g, "stringArray");
    for (uint32_t i = 0; i < intern_count(g->strings); i++) {
        json_text(&g->json, intern_text(g->strings, i, NULL));
    }
    json_array_end(&g->json);
}

static void write_shared(struct gecko *g)
{
    static const char *const resources[] = {"lib", "name", "host", "type", NULL};
    static const char *const symbols[] = {"libIndex", "address", "name", "functionSize", NULL};
    open_object(g, "shared");
    write_stacks(g);
    write_frames(g);
    write_functions(g);
    write_empty_table(g, "resourceTable", resources);
    write_empty_table(g, "nativeSymbols", symbols);
    write_sources(g);
    write_strings(g); /* last: by now every string is known */
    json_object_end(&g->json);
}

enum column { STACK, TIME, WEIGHT, CPU };

/* One sample as the profiler sees it. */
struct row {
    uint32_t stack; /* index in stackTable + 1; 0 = none */
    uint64_t t_ns, weight_ns;
    uint64_t cpu_ns; /* on a CPU since the last one */
};

static void write_cell(struct gecko *g, enum column column, const struct row *row)
{
    switch (column) {
    case STACK:
        if (row->stack) {
            json_uint(&g->json, row->stack - 1);
        } else {
            json_null(&g->json);
        }
        break;
    case TIME:
        json_double(&g->json, (double)(row->t_ns - g->start_ns) / NS_PER_MS, 6);
        break;
    case WEIGHT:
        json_double(&g->json, (double)row->weight_ns / NS_PER_MS, 6);
        break;
    case CPU:
        json_uint(&g->json, row->cpu_ns);
        break;
    }
}

/* Returns the rows written. */
static uint32_t write_column(struct gecko *g, const struct view_thread *thread, const char *key,
                             enum column column)
{
    struct timeline timeline;
    struct timeline_span span;
    uint64_t last_ns = 0, cpu_ns = 0;
    uint32_t rows = 0;
    open_array(g, key);
    timeline_init(&timeline, g->view, thread);
    while (timeline_next(&timeline, &span)) {
        if (span.gap && rows) {
            write_cell(g, column, &(struct row){.t_ns = last_ns, .cpu_ns = cpu_ns});
            cpu_ns = 0;
            rows++;
        }
        struct row row = {.stack = g->stacks[span.sample->node],
                          .t_ns = span.from_ns,
                          .weight_ns = span.to_ns - span.from_ns,
                          .cpu_ns = cpu_ns};
        write_cell(g, column, &row);
        cpu_ns = span.sample->state & SAMPLE_ON_CPU ? row.weight_ns : 0;
        last_ns = span.to_ns;
        rows++;
    }
    /* Where the last sample ends. */
    write_cell(g, column, &(struct row){.t_ns = last_ns, .cpu_ns = cpu_ns});
    json_array_end(&g->json);
    return rows + 1;
}

static void write_samples(struct gecko *g, const struct view_thread *thread)
{
    open_object(g, "samples");
    write_column(g, thread, "stack", STACK);
    write_column(g, thread, "time", TIME);
    write_column(g, thread, "threadCPUDelta", CPU);
    uint32_t rows = write_column(g, thread, "weight", WEIGHT);
    key_text(g, "weightType", "tracing-ms");
    key_uint(g, "length", rows);
    json_object_end(&g->json);
}

static uint64_t since_start(const struct gecko *g, uint64_t t_ns)
{
    return t_ns > g->start_ns ? t_ns - g->start_ns : 0;
}

static void key_end(struct gecko *g, const char *key, uint64_t end_ns)
{
    if (end_ns) {
        key_ms(g, key, since_start(g, end_ns));
    } else {
        json_key(&g->json, key);
        json_null(&g->json);
    }
}

static void write_thread(struct gecko *g, const struct view_thread *thread, uint64_t track)
{
    static const char *const markers[] = {"data",  "name",     "startTime", "endTime",
                                          "phase", "category", NULL};
    const struct profile_process *process = vec_at(&g->view->profile->processes, thread->process);
    char pid[16];
    snprintf(pid, sizeof(pid), "%" PRIu32, thread->pid);
    json_object(&g->json);
    key_text(g, "name", thread->name);
    key_bool(g, "isMainThread", thread->tid == thread->pid);
    key_text(g, "processType", "default");
    key_text(g, "processName", thread->process_name);
    key_ms(g, "processStartupTime", since_start(g, process->start_ns));
    key_end(g, "processShutdownTime", process->end_ns);
    key_ms(g, "registerTime", since_start(g, thread->start_ns));
    key_end(g, "unregisterTime", thread->end_ns);
    empty_array(g, "pausedRanges");
    key_text(g, "pid", pid);
    key_uint(g, "tid", track);
    write_samples(g, thread);
    write_empty_table(g, "markers", markers);
    json_object_end(&g->json);
}

int gecko_write(const struct view *v, struct out *o, struct err *err)
{
    (void)err;
    struct gecko g = {.view = v, .strings = intern_new(), .paths = intern_new()};
    json_init(&g.json, o);
    functions_init(&g.functions, v);
    g.tracks = tracks_new(v);
    g.start_ns = timeline_start_ns(v);

    json_object(&g.json);
    write_meta(&g);
    empty_array(&g, "libs");
    write_shared(&g);
    open_array(&g, "threads");
    for (size_t i = 0; i < v->threads.len; i++) {
        const struct view_thread *thread = vec_at(&v->threads, i);
        if (thread->samples) {
            write_thread(&g, thread, g.tracks[i]);
        }
    }
    json_array_end(&g.json);
    json_object_end(&g.json);
    out_text(o, "\n");

    free(g.stacks);
    free(g.tracks);
    functions_release(&g.functions);
    intern_free(g.strings);
    intern_free(g.paths);
    return 0;
}
