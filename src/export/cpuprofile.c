/* V8's .cpuprofile, as VS Code and Chrome's developer tools open it: a tree of functions, and one
 * timeline of samples, each of which lasts until the next. The format knows one thread: several stand
 * one after the other, each below a node of its own. Idle time is V8's "(idle)". */
#include <stdbool.h>

#include "analysis/timeline.h"
#include "base/clock.h"
#include "export/cpuprofile_tree.h"
#include "export/formats.h"
#include "export/member.h"

struct cpuprofile {
    const struct view *view;
    struct json json;
    struct cpuprofile_tree tree;
    uint64_t at_ns, told_us; /* on the timeline: where we are, and what was told of it */
};

static void write_call_frame(struct json *j, const struct cpuprofile_node *node)
{
    member_object(j, "callFrame");
    member_text(j, "functionName", node->name);
    member_text(j, "scriptId", "0");
    member_text(j, "url", node->path);
    member_int(j, "lineNumber", (int64_t)node->first_line - 1); /* V8 counts from 0 */
    member_int(j, "columnNumber", -1);
    json_object_end(j);
}

static void write_ticks(struct json *j, const struct cpuprofile_tree *t, uint32_t *tick,
                        uint32_t id)
{
    const struct cpuprofile_tick *ticks = t->ticks.data;
    if (*tick >= t->ticks.len || ticks[*tick].node != id) {
        return;
    }
    member_array(j, "positionTicks");
    for (; *tick < t->ticks.len && ticks[*tick].node == id; ++*tick) {
        json_object(j);
        member_int(j, "line", ticks[*tick].line);
        member_int(j, "ticks", ticks[*tick].count);
        json_object_end(j);
    }
    json_array_end(j);
}

static void write_nodes(struct cpuprofile *c)
{
    struct json *j = &c->json;
    uint32_t tick = 0;
    member_array(j, "nodes");
    for (uint32_t id = 1; id < c->tree.nodes.len; id++) {
        const struct cpuprofile_node *node = vec_at(&c->tree.nodes, id);
        json_object(j);
        member_int(j, "id", id);
        write_call_frame(j, node);
        member_int(j, "hitCount", node->hits);
        if (node->child) {
            member_array(j, "children");
            for (uint32_t child = node->child; child;) {
                json_uint(j, child);
                child = ((const struct cpuprofile_node *)vec_at(&c->tree.nodes, child))->sibling;
            }
            json_array_end(j);
        }
        write_ticks(j, &c->tree, &tick, id);
        json_object_end(j);
    }
    json_array_end(j);
}

/* The one timeline: calls `visit` with each node and how long it lasts. Ends with an empty moment of
 * idleness, since the last sample lasts as long as something follows. */
static void each_step(struct cpuprofile *c,
                      void (*visit)(struct cpuprofile *c, uint32_t node, uint64_t lasts_ns))
{
    struct timeline timeline;
    struct timeline_span span;
    for (size_t i = 0; i < c->view->threads.len; i++) {
        uint64_t last_ns = 0;
        timeline_init(&timeline, c->view, vec_at(&c->view->threads, i));
        for (bool first = true; timeline_next(&timeline, &span); first = false) {
            if (span.gap && !first) {
                visit(c, CPUPROFILE_IDLE, span.from_ns - last_ns);
            }
            visit(c, cpuprofile_tree_node(&c->tree, i, span.sample->node),
                  span.to_ns - span.from_ns);
            last_ns = span.to_ns;
        }
    }
    visit(c, CPUPROFILE_IDLE, 0);
}

static void visit_sample(struct cpuprofile *c, uint32_t node, uint64_t lasts_ns)
{
    (void)lasts_ns;
    json_uint(&c->json, node);
}

/* The time since the last sample, that is how long the last one lasted. */
static void visit_delta(struct cpuprofile *c, uint32_t node, uint64_t lasts_ns)
{
    (void)node;
    uint64_t at_us = c->at_ns / NS_PER_US;
    json_uint(&c->json, at_us - c->told_us);
    c->told_us = at_us; /* what rounding left out comes with the next */
    c->at_ns += lasts_ns;
}

int cpuprofile_write(const struct view *v, struct out *o, struct err *err)
{
    (void)err;
    struct cpuprofile c = {.view = v};
    uint64_t start_us = timeline_start_ns(v) / NS_PER_US;
    json_init(&c.json, o);
    cpuprofile_tree_init(&c.tree, v);
    json_object(&c.json);
    write_nodes(&c);
    member_uint(&c.json, "startTime", start_us);
    member_array(&c.json, "samples");
    each_step(&c, visit_sample);
    json_array_end(&c.json);
    member_array(&c.json, "timeDeltas");
    each_step(&c, visit_delta);
    json_array_end(&c.json);
    member_uint(&c.json, "endTime", start_us + c.at_ns / NS_PER_US);
    json_object_end(&c.json);
    out_text(o, "\n");
    cpuprofile_tree_release(&c.tree);
    return 0;
}
