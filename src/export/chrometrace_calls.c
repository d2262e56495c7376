/* A complete event ("X") for each call, when it has ended, as VizTracer writes them. So a caller is written
 * behind what it called; where both begin at once readers could not nest them, so a call begins at least
 * a nanosecond after its caller. */
#include <math.h>

#include "analysis/label.h"
#include "base/json_check.h"
#include "base/str.h"
#include "base/vec.h"
#include "export/chrometrace.h"
#include "export/chronicle.h"
#include "export/member.h"

struct calls_part {
    struct chrometrace *chrometrace;
    struct vec starts; /* uint64_t, of the calls that are open, outermost first */
    uint64_t last_ns;  /* the latest time that was written of these */
    struct str name;   /* scratch */
};

static uint64_t since_start(const struct chrometrace *c, uint64_t t_ns)
{
    return t_ns > c->start_ns ? t_ns - c->start_ns : 0;
}

static void write_track(void *context, const struct chronicle_track *track)
{
    struct chrometrace *c = ((struct calls_part *)context)->chrometrace;
    chrometrace_name(c, track->pid, track->number, "process_name", track->process);
    chrometrace_name(c, track->pid, track->number, "thread_name", track->name);
}

static void enter(void *context, const struct chronicle_call *call)
{
    struct calls_part *p = context;
    uint64_t start_ns = since_start(p->chrometrace, call->start_ns);
    size_t outer = p->starts.len;
    if (!outer) {
        p->last_ns = 0;
    } else if (start_ns <= *(uint64_t *)vec_at(&p->starts, outer - 1)) {
        start_ns = *(uint64_t *)vec_at(&p->starts, outer - 1) + 1;
    }
    p->last_ns = start_ns > p->last_ns ? start_ns : p->last_ns;
    *(uint64_t *)vec_push(&p->starts) = p->last_ns;
}

static void write_arguments(struct json *json, const struct chronicle_call *call)
{
    if (!call->arguments.len_bytes && !call->result.len_bytes && !call->unwound) {
        return;
    }
    member_object(json, "args");
    if (call->arguments.len_bytes) {
        json_key(json, "func_args");
        json_value(json, call->arguments.data, call->arguments.len_bytes);
    }
    if (call->result.len_bytes) {
        json_key(json, "return_value");
        json_value(json, call->result.data, call->result.len_bytes);
    }
    if (call->unwound) {
        member_bool(json, "left_by_exception", true);
    }
    json_object_end(json);
}

static void leave(void *context, const struct chronicle_call *call)
{
    struct calls_part *p = context;
    struct chrometrace *c = p->chrometrace;
    uint64_t start_ns = *(uint64_t *)vec_at(&p->starts, p->starts.len - 1);
    uint64_t end_ns = since_start(c, call->end_ns);
    vec_resize(&p->starts, p->starts.len - 1);
    p->last_ns = end_ns > p->last_ns ? end_ns : p->last_ns;
    str_clear(&p->name);
    label_frame(&p->name, call->name, call->path, call->line);
    chrometrace_event(c, "X", call->track->pid, call->track->number);
    chrometrace_time(c, "ts", start_ns);
    chrometrace_time(c, "dur", p->last_ns - start_ns);
    member_text(&c->json, "cat", "fee"); /* as VizTracer calls what enters and exits functions */
    member_text(&c->json, "name", p->name.data);
    write_arguments(&c->json, call);
    json_object_end(&c->json);
}

static void write_instant(void *context, const struct chronicle_instant *instant)
{
    static const char *const scopes[] = {
        [INSTANT_THREAD] = "t", [INSTANT_PROCESS] = "p", [INSTANT_GLOBAL] = "g"};
    struct chrometrace *c = ((struct calls_part *)context)->chrometrace;
    struct text value = instant->json;
    chrometrace_event(c, "i", instant->track->pid, instant->track->number);
    chrometrace_time(c, "ts", since_start(c, instant->t_ns));
    member_text(&c->json, "s", scopes[instant->scope]);
    member_text(&c->json, "cat", "instant");
    member_text(&c->json, "name", instant->name);
    if (value.len_bytes) {
        bool object = json_check_object(value.data, value.len_bytes);
        json_key(&c->json, "args");
        if (!object) {
            json_object(&c->json);
            json_key(&c->json, "value");
        }
        json_value(&c->json, value.data, value.len_bytes);
        if (!object) {
            json_object_end(&c->json);
        }
    }
    json_object_end(&c->json);
}

static void write_counter(void *context, const struct chronicle_counter *counter)
{
    struct chrometrace *c = ((struct calls_part *)context)->chrometrace;
    if (!isfinite(counter->value)) {
        return; /* JSON has no word for it */
    }
    chrometrace_event(c, "C", counter->track->pid, counter->track->number);
    chrometrace_time(c, "ts", since_start(c, counter->t_ns));
    member_text(&c->json, "name", counter->group);
    member_object(&c->json, "args");
    json_key(&c->json, counter->series[0] ? counter->series : "value");
    json_real(&c->json, counter->value);
    json_object_end(&c->json);
    json_object_end(&c->json);
}

int chrometrace_calls(struct chrometrace *c, struct err *err)
{
    static const struct chronicle_writer writer = {write_track, enter, leave, write_instant,
                                                   write_counter};
    struct calls_part p = {.chrometrace = c};
    vec_init(&p.starts, sizeof(uint64_t));
    int result = chronicle_write(c->view, &c->tracks, &writer, &p, err);
    vec_release(&p.starts);
    str_release(&p.name);
    return result;
}
