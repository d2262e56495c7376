/* Knows which time a sample stands for. Knows nothing of stacks. */
#include "analysis/timeline.h"

enum { SLACK_SHARE = 8 }; /* a hole of up to 1/8 of a sample's weight is rounding, not idleness */

void timeline_init(struct timeline *t, const struct view *v, const struct view_thread *thread)
{
    *t = (struct timeline){.view = v, .thread = thread};
}

static uint64_t span_start_ns(const struct view_sample *sample)
{
    return sample->t_ns > sample->weight_ns ? sample->t_ns - sample->weight_ns : 0;
}

bool timeline_next(struct timeline *t, struct timeline_span *ret_span)
{
    if (t->next >= t->thread->samples) {
        return false;
    }
    bool first = t->next == 0;
    const struct view_sample *sample =
        vec_at(&t->view->samples, (size_t)t->thread->first_sample + t->next++);
    uint64_t from_ns = span_start_ns(sample);
    uint64_t slack_ns = sample->weight_ns / SLACK_SHARE;
    bool gap = first || (from_ns > t->last_ns && from_ns - t->last_ns > slack_ns);
    if (!gap || from_ns < t->last_ns) {
        from_ns = t->last_ns;
    }
    *ret_span = (struct timeline_span){
        .from_ns = from_ns, .to_ns = sample->t_ns, .sample = sample, .gap = gap};
    t->last_ns = sample->t_ns;
    return true;
}

uint64_t timeline_start_ns(const struct view *v)
{
    uint64_t start_ns = UINT64_MAX;
    for (size_t i = 0; i < v->threads.len; i++) {
        const struct view_thread *thread = vec_at(&v->threads, i);
        if (thread->samples) {
            uint64_t t_ns = span_start_ns(vec_at(&v->samples, thread->first_sample));
            start_ns = t_ns < start_ns ? t_ns : start_ns;
        }
    }
    return start_ns == UINT64_MAX ? v->start_ns : start_ns;
}

uint64_t timeline_start_wall_ns(const struct view *v)
{
    const struct profile *p = v->profile;
    return p->wall_ns ? p->wall_ns + (timeline_start_ns(v) - p->wall_at_ns) : 0;
}
