/* Knows how the samples of a thread become calls. Knows no format. */
#include "export/sampled.h"

#include "analysis/timeline.h"
#include "export/path.h"

void sampled_init(struct sampled *s, const struct view *v)
{
    *s = (struct sampled){.view = v};
    view_functions_init(&s->functions, v);
    vec_init(&s->open, sizeof(uint32_t));
    vec_init(&s->path, sizeof(uint32_t));
}

void sampled_release(struct sampled *s)
{
    view_functions_release(&s->functions);
    vec_release(&s->open);
    vec_release(&s->path);
}

/* Ends all calls but the `keep` outermost. */
static void end_calls(struct sampled *s, size_t keep, uint64_t t_ns)
{
    while (s->open.len > keep) {
        s->end(s->context, t_ns);
        vec_resize(&s->open, s->open.len - 1);
    }
}

static void walk_span(struct sampled *s, const struct timeline_span *span, uint64_t last_ns)
{
    size_t same = 0;
    path_of(s->view, span->sample->node, &s->path);
    uint32_t *functions = s->path.data;
    for (size_t i = 0; i < s->path.len; i++) { /* nodes → functions */
        const struct view_node *node = vec_at(&s->view->nodes, functions[i]);
        functions[i] = s->functions.by_frame[node->frame];
    }
    if (span->gap) {
        end_calls(s, 0, last_ns);
    }
    while (same < s->path.len && same < s->open.len &&
           functions[same] == *(uint32_t *)vec_at(&s->open, same)) {
        same++;
    }
    end_calls(s, same, span->from_ns);
    for (size_t i = same; i < s->path.len; i++) {
        *(uint32_t *)vec_push(&s->open) = functions[i];
        s->begin(s->context, functions[i], span->from_ns);
    }
}

void sampled_walk(struct sampled *s, const struct view_thread *thread)
{
    struct timeline timeline;
    struct timeline_span span;
    uint64_t last_ns = 0;
    timeline_init(&timeline, s->view, thread);
    while (timeline_next(&timeline, &span)) {
        walk_span(s, &span, last_ns);
        last_ns = span.to_ns;
    }
    end_calls(s, 0, last_ns);
}
