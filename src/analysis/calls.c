/* Puts reader, spans and profile together. Knows nothing of what becomes of the calls. */
#include "analysis/calls.h"

#include "recording/format.h"

void calls_init(struct calls *c, struct reader *reader, const struct query *query)
{
    *c = (struct calls){.reader = reader,
                        .profile = profile_new(),
                        .start_ns = reader_header(reader)->start_ns,
                        .query = *query};
    selection_init(&c->selection, c->profile, &c->query, c->start_ns);
}

void calls_release(struct calls *c)
{
    selection_release(&c->selection);
    profile_free(c->profile);
}

int calls_follow(struct calls *c, const struct spans_visitor *visitor, void *context,
                 struct err *err)
{
    spans_init(&c->spans, c->profile, &c->selection, visitor, context);
    int result = reader_replay(c->reader, &c->spans.sink, &c->summary, err);
    spans_finish(&c->spans);
    spans_release(&c->spans);
    c->profile->wall_ns = c->summary.wall_ns;
    c->profile->wall_at_ns = c->summary.start_ns;
    return result;
}

uint64_t calls_since_start_ns(const struct calls *c, uint64_t t_ns)
{
    return t_ns > c->start_ns ? t_ns - c->start_ns : 0;
}

const char *calls_title(const struct calls *c)
{
    const char *command = profile_note_value(c->profile, "command");
    if (c->query.title)
        return c->query.title;
    return command && command[0] ? command : "heatline";
}
