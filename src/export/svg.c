/* The flame graph: one self-contained SVG. Boxes hang down from the root, as wide as their share of
 * the time. Everything is there without scripts (labels, tooltips by <title>); flame.js adds zoom,
 * search and the keyboard. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "analysis/calltree.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/vec.h"
#include "export/asset.h"
#include "export/color.h"
#include "export/figure.h"
#include "export/formats.h"
#include "export/xml.h"

enum {
    WIDTH = 1200,  /* without scripts; with them it is the window's */
    BOXES = 1168,  /* of that; flame.js knows the margins too */
    HEADER = 92,   /* title, facts, legend */
    FOOTER = 36,   /* details of the box under the pointer */
    ROW = 19,      /* a box and the gap below it */
    THIN_MAX = 3,  /* pixels; a narrower box gets no border, which would hide it */
    LABEL_MIN = 22 /* pixels; a narrower box gets no label until it is zoomed */
};

static const double BOX_MIN = 0.1; /* pixels; narrower boxes are left out */
static const double RATE_SLACK = 0.1;

struct svg {
    const struct view *view;
    struct calltree tree;
    struct out *out;
    double *left;  /* by node: where its box begins, as a share of all */
    uint32_t rows; /* of boxes, "all" included */
    uint64_t all_ns;
    uint64_t hidden; /* stacks too narrow to be drawn */
};

static double share(const struct svg *s, uint64_t ns)
{
    return s->all_ns ? (double)ns / (double)s->all_ns : 0;
}

static double width_of(const struct svg *s, uint32_t node)
{
    return node ? share(s, s->tree.nodes[node].total_ns) : 1;
}

static bool is_drawn(const struct svg *s, uint32_t node)
{
    return width_of(s, node) * BOXES >= BOX_MIN;
}

/* What the tooltip says: label, full path, figures. */
static void add_figures(struct str *text, const struct svg *s, uint32_t node)
{
    const struct calltree_node *sums = &s->tree.nodes[node];
    const struct view_node *stack = vec_at(&s->view->nodes, node);
    figure_count(text, sums->total_samples, "sample", "samples");
    str_add(text, " · ");
    figure_time(text, sums->total_ns);
    str_add(text, " · ");
    figure_share(text, sums->total_ns, s->all_ns);
    str_add(text, " of all");
    if (stack->depth > 1) {
        str_add(text, " · ");
        figure_share(text, sums->total_ns, s->tree.nodes[stack->parent].total_ns);
        str_add(text, " of parent");
    }
    if (sums->self_ns) {
        str_add(text, " · ");
        figure_time(text, sums->self_ns);
        str_add(text, " itself");
    }
}

static void write_title(const struct svg *s, uint32_t node, const struct view_frame *frame)
{
    struct str figures = STR_EMPTY;
    add_figures(&figures, s, node);
    out_text(s->out, "<title>");
    xml_text(s->out, node ? frame->label : "all");
    if (frame->path[0]) {
        out_text(s->out, "\n");
        xml_text(s->out, frame->path);
        if (frame->line) {
            out_printf(s->out, ":%" PRIu32, frame->line);
        }
    }
    out_text(s->out, "\n");
    xml_text(s->out, figures.data);
    out_text(s->out, "</title>");
    str_release(&figures);
}

/* x, y, width and height of a box. */
static void write_place(const struct svg *s, uint32_t node)
{
    uint32_t depth = ((const struct view_node *)vec_at(&s->view->nodes, node))->depth;
    out_printf(s->out, "x=\"%.5g%%\" y=\"%" PRIu32 "\" width=\"%.5g%%\" height=\"%d\"",
               100 * s->left[node], HEADER + depth * ROW, 100 * width_of(s, node), ROW - 1);
}

static void write_box(const struct svg *s, uint32_t node)
{
    const struct view_frame *frame = calltree_frame(&s->tree, node);
    bool thin = width_of(s, node) * BOXES < THIN_MAX;
    uint32_t rgb = node ? color_rgb(frame) : color_kind_rgb(COLOR_NEUTRAL);
    out_printf(s->out, "<rect class=\"b%s\" ", thin ? " thin" : "");
    write_place(s, node);
    out_printf(s->out, " fill=\"#%06" PRIx32 "\">", rgb);
    write_title(s, node, frame);
    out_text(s->out, "</rect>\n");
}

/* Where a script cannot shorten it, the nested <svg> clips it. */
static void write_label(const struct svg *s, uint32_t node)
{
    const struct view_frame *frame = calltree_frame(&s->tree, node);
    if (width_of(s, node) * BOXES < LABEL_MIN) {
        return;
    }
    out_text(s->out, "<svg ");
    write_place(s, node);
    out_text(s->out, "><text x=\"5\" y=\"13\">");
    xml_text(s->out, node ? frame->name : "all");
    if (frame->file[0]) {
        out_text(s->out, "<tspan>  ");
        xml_text(s->out, frame->file);
        if (frame->line) {
            out_printf(s->out, ":%" PRIu32, frame->line);
        }
        out_text(s->out, "</tspan>");
    }
    out_text(s->out, "</text></svg>\n");
}

/* Where each box begins: siblings from the left in the tree's order, what was its parent's own time
 * after them. */
static void place_boxes(struct svg *s)
{
    double *filled =
        alloc_zeroed(s->tree.len, sizeof(*filled)); /* by parent: its children so far */
    for (uint32_t at = calltree_next(&s->tree, 0, 1); at;) {
        const struct view_node *stack = vec_at(&s->view->nodes, at);
        bool drawn = is_drawn(s, at);
        s->left[at] = s->left[stack->parent] + filled[stack->parent];
        filled[stack->parent] += share(s, s->tree.nodes[at].total_ns);
        if (drawn && stack->depth + 1 > s->rows) {
            s->rows = stack->depth + 1;
        }
        s->hidden += !drawn;
        at = calltree_next(&s->tree, at, drawn);
    }
    free(filled);
}

/* The rate asked for, and what it came to where that is something else. */
static void add_rate(struct str *text, const struct view *v)
{
    double got_hz =
        v->total_ns ? (double)v->samples.len * NS_PER_S / (double)v->total_ns : v->rate_hz;
    str_add(text, " at ");
    if (fabs(got_hz - v->rate_hz) > RATE_SLACK * v->rate_hz) {
        str_printf(text, "%.0f of ", got_hz);
    }
    str_printf(text, "%.6g Hz", v->rate_hz);
}

/* "12.3 s recorded · 1,234 samples at 100 Hz · 3 threads · 2 processes" */
static void add_facts(struct str *text, const struct svg *s)
{
    const struct view *v = s->view;
    uint64_t threads = 0, processes = 0;
    bool *seen = alloc_zeroed(v->profile->processes.len + 1, sizeof(*seen));
    for (size_t i = 0; i < v->threads.len; i++) {
        const struct view_thread *thread = vec_at(&v->threads, i);
        if (thread->samples) {
            threads++;
            processes += !seen[thread->process];
            seen[thread->process] = true;
        }
    }
    free(seen);
    figure_time(text, v->end_ns > v->start_ns ? v->end_ns - v->start_ns : 0);
    str_add(text, " recorded · ");
    figure_count(text, v->samples.len, "sample", "samples");
    add_rate(text, v);
    str_add(text, " · ");
    figure_count(text, threads, "thread", "threads");
    str_add(text, " · ");
    figure_count(text, processes, "process", "processes");
    if (s->hidden) {
        str_add(text, " · ");
        figure_count(text, s->hidden, "box", "boxes");
        str_add(text, " too narrow to draw");
    }
}

static void write_header(const struct svg *s)
{
    struct str facts = STR_EMPTY;
    add_facts(&facts, s);
    out_text(s->out, "<text class=\"title\" x=\"16\" y=\"30\">");
    xml_text(s->out, s->view->title);
    out_text(s->out, "</text>\n<text class=\"facts\" x=\"16\" y=\"51\">");
    xml_text(s->out, facts.data);
    out_text(s->out, "</text>\n");
    str_release(&facts);
}

/* Whose code the time went to, by the frames that were running. */
static void write_legend(const struct svg *s)
{
    uint64_t self_ns[COLOR_KINDS] = {0};
    self_ns[COLOR_NEUTRAL] = s->tree.nodes[0].self_ns;
    for (uint32_t node = 1; node < s->tree.len; node++) {
        self_ns[color_kind(calltree_frame(&s->tree, node))] += s->tree.nodes[node].self_ns;
    }
    out_text(s->out, "<text class=\"legend\" x=\"16\" y=\"75\">");
    const char *gap = "";
    for (int kind = 0; kind < COLOR_KINDS; kind++) {
        if (!self_ns[kind]) {
            continue;
        }
        struct str part = STR_EMPTY;
        figure_share(&part, self_ns[kind], s->all_ns);
        out_printf(s->out,
                   "<tspan class=\"dot\"%s fill=\"#%06" PRIx32 "\">●</tspan>"
                   "<tspan dx=\"5\">%s</tspan><tspan class=\"figure\" dx=\"5\">%s</tspan>",
                   gap, color_kind_rgb(kind), color_kind_name(kind), part.data);
        gap = " dx=\"18\"";
        str_release(&part);
    }
    out_text(s->out, "</text>\n");
}

/* Writes what is drawn of each node: callers first, siblings from the left. */
static void each_drawn(const struct svg *s, void (*write)(const struct svg *s, uint32_t node))
{
    write(s, 0);
    for (uint32_t at = calltree_next(&s->tree, 0, 1); at;) {
        bool drawn = is_drawn(s, at);
        if (drawn) {
            write(s, at);
        }
        at = calltree_next(&s->tree, at, drawn);
    }
}

static void write_boxes(const struct svg *s)
{
    out_printf(s->out, "<svg class=\"boxes\" x=\"16\" width=\"%d\" height=\"100%%\">\n", BOXES);
    each_drawn(s, write_box);
    out_text(s->out, "<g class=\"labels\">\n");
    each_drawn(s, write_label);
    out_text(s->out, "</g>\n</svg>\n");
}

static void write_file(const struct svg *s)
{
    uint32_t height = HEADER + s->rows * ROW + FOOTER;
    out_printf(s->out,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"heatline\" width=\"%d\" "
               "height=\"%" PRIu32 "\">\n<title>",
               WIDTH, height);
    xml_text(s->out, s->view->title);
    out_text(s->out, "</title>\n<style><![CDATA[\n");
    out_text(s->out, asset_flame_css);
    out_text(s->out, "]]></style>\n<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n");
    write_header(s);
    write_legend(s);
    write_boxes(s);
    out_printf(s->out,
               "<text class=\"details\" x=\"16\" y=\"%" PRIu32 "\">%s</text>\n"
               "<script><![CDATA[\n",
               height - 13,
               s->all_ns ? ""
                         : "No samples: the program was idle all the time (--idle shows that)");
    out_text(s->out, asset_flame_js);
    out_text(s->out, "]]></script>\n</svg>\n");
}

int svg_write(const struct view *v, struct out *o, struct err *err)
{
    (void)err;
    struct svg s = {.view = v, .out = o, .rows = 1};
    calltree_init(&s.tree, v);
    s.all_ns = s.tree.nodes[0].total_ns;
    s.left = alloc_zeroed(s.tree.len, sizeof(*s.left));
    place_boxes(&s);
    write_file(&s);
    free(s.left);
    calltree_release(&s.tree);
    return 0;
}
