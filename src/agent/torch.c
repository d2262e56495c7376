#include "agent/torch.h"

#include "agent/agent.h"
#include "agent/embedded.h"
#include "agent/lane.h"
#include "agent/pyapi.h"
#include "agent/track.h"

EMBEDDED(torch_source, "agent/torch.py");

static void *nothing(void)
{
    py.Py_IncRef(py.none);
    return py.none;
}

/* A span as (name, begin_ns, end_ns, json). False with an error set: it is none. */
static bool put_span(struct track *t, void *span, bool first, struct text track_name)
{
    void *parts[4] = {0};
    struct text texts[4] = {0};
    uint64_t times[4] = {0};
    bool good = true;
    for (ssize_t i = 0; i < 4 && good; i++) {
        parts[i] = py.PySequence_GetItem(span, i);
        ssize_t len = 0;
        if (parts[i] && (i == 1 || i == 2))
            times[i] = (uint64_t)py.PyLong_AsLong(parts[i]);
        else if (parts[i])
            texts[i].data = py.PyUnicode_AsUTF8AndSize(parts[i], &len);
        texts[i].len_bytes = (uint32_t)len;
        good = !py.PyErr_Occurred();
    }
    if (good && first)
        track_begin(t, track_name, times[1]);
    if (good)
        track_span(t, texts[0], times[1], times[2], texts[3]);
    for (int i = 0; i < 4; i++)
        if (parts[i])
            py.Py_DecRef(parts[i]);
    return good;
}

/* track(name, [(name, begin_ns, end_ns, json), ...]), in the order of track_span */
static void *track(void *self, void *args, void *keywords)
{
    (void)self;
    (void)keywords;
    struct track t;
    struct text text = {0};
    void *name = py.PySequence_GetItem(args, 0), *spans = py.PySequence_GetItem(args, 1);
    ssize_t len = 0, count = spans ? py.PySequence_Size(spans) : 0, i = 0;
    text.data = name ? py.PyUnicode_AsUTF8AndSize(name, &len) : NULL;
    text.len_bytes = (uint32_t)len;
    for (bool good = text.data && agent_state() != AGENT_OFF; good && i < count; i += good) {
        void *span = py.PySequence_GetItem(spans, i);
        good = span && put_span(&t, span, i == 0, text);
        if (span)
            py.Py_DecRef(span);
    }
    if (i)
        track_end(&t);
    if (spans)
        py.Py_DecRef(spans);
    if (name)
        py.Py_DecRef(name);
    return py.PyErr_Occurred() ? NULL : nothing();
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
