/* Knows what a query's words mean for calls. Knows nothing of recordings. */
#include "analysis/selection.h"

enum { MATCH_KNOWN = 1 << 7 };

static uint64_t later(uint64_t start_ns, uint64_t by_ns)
{
    return by_ns < UINT64_MAX - start_ns ? start_ns + by_ns : UINT64_MAX;
}

void selection_init(struct selection *s, const struct profile *p, const struct query *q,
                    uint64_t start_ns)
{
    *s = (struct selection){
        .from_ns = q->from_ns ? later(start_ns, q->from_ns) : 0,
        .to_ns = q->to_ns ? later(start_ns, q->to_ns) : UINT64_MAX,
        .duration_min_ns = q->min_duration_ns,
        .depth_max = q->max_depth ? q->max_depth : UINT32_MAX,
    };
    names_init(&s->names, p, q);
    vec_init(&s->matches, sizeof(uint8_t));
}

void selection_release(struct selection *s)
{
    names_release(&s->names);
    vec_release(&s->matches);
}

static uint8_t match_of(struct selection *s, uint32_t function)
{
    const struct query *q = s->names.query;
    bool all = !q->include || !q->include[0];
    struct function_name text = names_of(&s->names, (struct function_id){function});
    const char *const texts[] = {text.name, text.file, text.path, text.label, NULL};
    return (uint8_t)((all || query_matches(q->include, texts) ? SELECTION_INCLUDED : 0) |
                     (query_matches(q->exclude, texts) ? SELECTION_EXCLUDED : 0) | MATCH_KNOWN);
}

unsigned selection_match(struct selection *s, uint32_t function)
{
    if (function >= s->matches.len)
        vec_resize(&s->matches, s->names.profile->functions.len);
    uint8_t *match = (uint8_t *)s->matches.data + function;
    if (!*match)
        *match = match_of(s, function);
    return *match;
}

bool selection_wants_thread(const struct selection *s, struct thread_id id)
{
    const struct profile *p = s->names.profile;
    const struct profile_thread *thread = vec_at(&p->threads, id.i);
    return query_wants_thread(s->names.query, thread->tid, profile_string(p, thread->name));
}
