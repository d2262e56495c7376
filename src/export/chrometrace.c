/* Chrome's trace events, as Perfetto, chrome://tracing, VizTracer's viewer and speedscope open them. */
#include "export/chrometrace.h"

#include "analysis/timeline.h"
#include "export/chronicle.h"
#include "export/formats.h"
#include "export/member.h"

void chrometrace_event(struct chrometrace *c, const char *phase, uint32_t pid, uint64_t track)
{
    json_object(&c->json);
    member_text(&c->json, "ph", phase);
    member_uint(&c->json, "pid", pid);
    member_uint(&c->json, "tid", track);
}

void chrometrace_time(struct chrometrace *c, const char *key, uint64_t ns)
{
    json_key(&c->json, key);
    json_fixed(&c->json, ns, 3);
}

void chrometrace_name(struct chrometrace *c, uint32_t pid, uint64_t track, const char *what,
                      const char *name)
{
    if (!name[0]) {
        return; /* Perfetto takes that for an error */
    }
    chrometrace_event(c, "M", pid, track);
    member_text(&c->json, "name", what);
    member_object(&c->json, "args");
    member_text(&c->json, "name", name);
    json_object_end(&c->json);
    json_object_end(&c->json);
}

static void write_other_data(struct chrometrace *c)
{
    member_object(&c->json, "otherData");
    member_text(&c->json, "title", c->view->title);
    member_text(&c->json, "exporter", "heatline@" HEATLINE_VERSION);
    json_object_end(&c->json);
}

/* What VizTracer's own files hold for the programs that read them. */
static void write_viztracer_metadata(struct chrometrace *c)
{
    const struct profile *p = c->view->profile;
    member_object(&c->json, "viztracer_metadata");
    member_text(&c->json, "version", "heatline@" HEATLINE_VERSION);
    member_bool(&c->json, "overflow", false);
    if (p->wall_ns) {
        member_uint(&c->json, "baseTimeNanoseconds", p->wall_ns + (c->start_ns - p->wall_at_ns));
    }
    json_object_end(&c->json);
}

int chrometrace_write(const struct view *v, struct out *o, struct err *err)
{
    bool calls = chronicle_is_there(v);
    struct chrometrace c = {
        .view = v,
        .calls = calls,
        .start_ns = calls ? v->profile->wall_at_ns : timeline_start_ns(v),
    };
    json_init(&c.json, o);
    c.json.pretty = true; /* an event a line */
    tracks_init(&c.tracks);
    json_object(&c.json);
    member_text(&c.json, "displayTimeUnit", calls ? "ns" : "ms");
    write_other_data(&c);
    if (calls) {
        write_viztracer_metadata(&c);
    }
    member_array(&c.json, "traceEvents");
    int result = calls ? chrometrace_calls(&c, err) : 0;
    chrometrace_samples(&c);
    json_array_end(&c.json);
    json_object_end(&c.json);
    out_text(o, "\n");
    tracks_release(&c.tracks);
    return result;
}
