#include "agent/torch.h"

#include "agent/agent.h"
#include "agent/embedded.h"
#include "agent/lane.h"
#include "agent/pyapi.h"
#include "agent/track.h"

EMBEDDED(torch_source, "agent/torch.py");

/* A span as (name, begin_ns, end_ns, json). False with an error set: it is none. */
static bool put_span(struct track *t, void *span, bool first, struct text track_name)
{
    struct text name = builtin_text(span, 0), json = builtin_text(span, 3);
    uint64_t begin_ns = (uint64_t)builtin_number(span, 1);
    uint64_t end_ns = (uint64_t)builtin_number(span, 2);
    if (py.PyErr_Occurred())
        return false;
    if (first)
        track_begin(t, track_name, begin_ns);
    track_span(t, name, begin_ns, end_ns, json);
    return true;
}

/* track(name, [(name, begin_ns, end_ns, json), ...]), in the order of track_span */
static void *track(void *self, void *args, void *keywords)
{
    (void)self;
    (void)keywords;
    struct track t;
    struct text name = builtin_text(args, 0);
    void *spans = py.PySequence_GetItem(args, 1);
    ssize_t count = spans ? py.PySequence_Size(spans) : 0, i = 0;
    for (bool good = name.data && agent_state() != AGENT_OFF; good && i < count; i += good) {
        void *span = py.PySequence_GetItem(spans, i);
        good = span && put_span(&t, span, i == 0, name);
        if (span)
            py.Py_DecRef(span);
    }
    if (i)
        track_end(&t);
    if (spans)
        py.Py_DecRef(spans);
    return py.PyErr_Occurred() ? NULL : builtin_none();
}

void *torch_profile(void)
{
    static const struct builtin builtins[] = {{"track", track, BUILTIN_FLAGS, NULL},
                                              {"mute", embedded_mute, BUILTIN_FLAGS, NULL}};
    struct lane *l = agent_state() != AGENT_OFF ? lane_get() : NULL;
    if (l)
        lane_mute(l, true);
    void *profile = embedded_install(torch_source, builtins, sizeof(builtins) / sizeof(*builtins));
    if (l)
        lane_mute(l, false);
    return profile;
}

void torch_watch(void)
{
    void *profile = torch_profile();
    void *done = profile ? py.PyObject_CallMethod(profile, "watch", NULL) : NULL;
    if (done)
        py.Py_DecRef(done);
    if (profile)
        py.Py_DecRef(profile);
    py.PyErr_Clear();
}
