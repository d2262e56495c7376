/* Puts reader, spans and profile together. Knows nothing of what becomes of the calls. */
#include "analysis/calls.h"

void calls_init(struct calls *c, struct reader *reader, const struct query *query)
{
    *c = (struct calls){.reader = reader, .profile = profile_new(), .query = *query};
    selection_init(&c->selection, c->profile, &c->query, reader_start_ns(reader));
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

const char *calls_title(const struct calls *c)
{
    const char *command = profile_note_value(c->profile, "command");
    if (c->query.title)
        return c->query.title;
    return command && command[0] ? command : "heatline";
}
