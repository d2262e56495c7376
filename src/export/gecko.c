/* Firefox Profiler's processed format, version 63 (firefox-devtools/profiler,
 * docs-developer/CHANGELOG-formats.md); profiler.firefox.com upgrades what is older than itself. All
 * threads share the tables of stacks, frames and functions. A sample's weight is the time it stands
 * for; idle time is a sample without a stack and of no weight. */
#include "export/gecko.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/timeline.h"
#include "base/clock.h"
#include "export/color.h"
#include "export/formats.h"
#include "export/tracks.h"

enum {
    GECKO_VERSION = 24, /* of Firefox's own format, which we do not write but must name */
    PROCESSED_VERSION = 63,
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

static void key_ms(struct gecko *g, const char *key, uint64_t ns)
{
    json_key(&g->json, key);
    json_double(&g->json, (double)ns / NS_PER_MS, 6);
}

static void empty_array(struct json *j, const char *key)
{
    member_array(j, key);
    json_array_end(j);
}

static void write_meta(struct gecko *g)
{
    const struct view *v = g->view;
    member_object(&g->json, "meta");
    member_uint(&g->json, "version", GECKO_VERSION);
    member_uint(&g->json, "preprocessedProfileVersion", PROCESSED_VERSION);
    member_text(&g->json, "product", v->title);
    member_text(&g->json, "importedFrom", "Heatline");
    member_uint(&g->json, "processType", 0);
    member_uint(&g->json, "stackwalk", 1);
    member_bool(&g->json, "debug", false);
    member_bool(&g->json, "symbolicated", true);
    member_bool(&g->json, "symbolicationNotSupported", true);
    member_bool(&g->json, "usesOnlyOneStackType", true);
    member_bool(&g->json, "sourceCodeIsNotOnSearchfox", true);
    key_ms(g, "interval", (uint64_t)(NS_PER_S / v->rate_hz));
    key_ms(g, "startTime", timeline_start_wall_ns(v));
    member_object(&g->json, "sampleUnits");
    member_text(&g->json, "time", "ms");
    member_text(&g->json, "eventDelay", "ms");
    member_text(&g->json, "threadCPUDelta", "ns");
    json_object_end(&g->json);
    member_array(&g->json, "categories");
    for (size_t i = 0; i < sizeof(categories) / sizeof(*categories); i++) {
        json_object(&g->json);
        member_text(&g->json, "name", categories[i].name);
        member_text(&g->json, "color", categories[i].color);
        member_array(&g->json, "subcategories");
        json_text(&g->json, "Other");
        json_array_end(&g->json);
        json_object_end(&g->json);
    }
    json_array_end(&g->json);
    empty_array(&g->json, "markerSchema");
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
    member_array(&g->json, key);
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
    member_object(&g->json, "samples");
    write_column(g, thread, "stack", STACK);
    write_column(g, thread, "time", TIME);
    write_column(g, thread, "threadCPUDelta", CPU);
    uint32_t rows = write_column(g, thread, "weight", WEIGHT);
    member_text(&g->json, "weightType", "tracing-ms");
    member_uint(&g->json, "length", rows);
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
        member_null(&g->json, key);
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
    member_text(&g->json, "name", thread->name);
    member_bool(&g->json, "isMainThread", thread->tid == thread->pid);
    member_text(&g->json, "processType", "default");
    member_text(&g->json, "processName", thread->process_name);
    key_ms(g, "processStartupTime", since_start(g, process->start_ns));
    key_end(g, "processShutdownTime", process->end_ns);
    key_ms(g, "registerTime", since_start(g, thread->start_ns));
    key_end(g, "unregisterTime", thread->end_ns);
    empty_array(&g->json, "pausedRanges");
    member_text(&g->json, "pid", pid);
    member_uint(&g->json, "tid", track);
    write_samples(g, thread);
    gecko_write_empty_table(g, "markers", markers);
    json_object_end(&g->json);
}

int gecko_write(const struct view *v, struct out *o, struct err *err)
{
    (void)err;
    struct gecko g = {.view = v, .strings = intern_new(), .paths = intern_new()};
    json_init(&g.json, o);
    view_functions_init(&g.functions, v);
    g.tracks = tracks_new(v);
    g.start_ns = timeline_start_ns(v);

    json_object(&g.json);
    write_meta(&g);
    empty_array(&g.json, "libs");
    gecko_write_tables(&g);
    member_array(&g.json, "threads");
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
    view_functions_release(&g.functions);
    intern_free(g.strings);
    intern_free(g.paths);
    return 0;
}
