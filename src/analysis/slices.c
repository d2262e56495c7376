/* Follows calls and keeps stacks and times, each thread's in order. Knows nothing of queries: what of
 * it is shown is the view's business. */
#include "analysis/slices.h"

#include "analysis/spans.h"
#include "base/vec.h"
#include "recording/format.h"

#define STRETCH_FIRST_NS ((uint64_t)256)
#define STRETCH_MAX_NS ((uint64_t)1 << 48)

enum { STRETCH_GROWTH = 8 };

struct slices {
    struct profile *profile;
    struct vec samples; /* struct profile_sample */
    struct vec open;    /* struct stack_id, one a call */
    struct vec frames;  /* struct frame_id, by function; 0 = not made yet */
    struct vec last;    /* uint32_t by stack: where in `samples` it was put last */
    uint64_t t_ns;      /* up to when slices are made */
    uint64_t stretch_ns;
    size_t max; /* samples to keep */
};

/* Gives the samples of one stretch, which are by stack now, times one after the other. */
static void lay_out(struct profile_sample *samples, size_t count, uint64_t from_ns)
{
    for (size_t i = 0; i < count; i++) {
        from_ns += samples[i].weight_ns;
        samples[i].t_ns = from_ns;
    }
}

static bool is_same_stretch(const struct slices *s, const struct profile_sample *first,
                            uint64_t from_ns, const struct profile_sample *sample)
{
    return first->thread.i == sample->thread.i && sample->t_ns >= from_ns &&
           sample->t_ns - from_ns <= s->stretch_ns;
}

/* One sample for each stack in each stretch of time. */
static void join(struct slices *s)
{
    struct profile_sample *samples = s->samples.data;
    size_t first = 0, end = 0;
    uint64_t from_ns = 0;
    vec_resize(&s->last, s->profile->stacks.len);
    uint32_t *last = s->last.data;
    for (size_t i = 0; i < s->samples.len; i++) {
        struct profile_sample sample = samples[i];
        if (!i || !is_same_stretch(s, &samples[first], from_ns, &sample)) {
            lay_out(samples + first, end - first, from_ns);
            first = end;
            from_ns = sample.t_ns - sample.weight_ns;
        }
        uint32_t at = last[sample.stack.i];
        if (at >= first && at < end && samples[at].stack.i == sample.stack.i) {
            samples[at].weight_ns += sample.weight_ns;
        } else {
            last[sample.stack.i] = (uint32_t)end;
            samples[end++] = sample;
        }
    }
    lay_out(samples + first, end - first, from_ns);
    vec_resize(&s->samples, end);
}

/* Where even whole threads joined leave too many, there are as many stacks: then more are kept. */
static void make_room(struct slices *s)
{
    join(s);
    while (s->samples.len > s->max / 2 && s->stretch_ns < STRETCH_MAX_NS) {
        s->stretch_ns *= STRETCH_GROWTH;
        join(s);
    }
    if (s->samples.len > s->max / 2)
        s->max *= 2;
}

/* Nothing has changed since the last time. */
static void slice(struct slices *s, struct thread_id thread, uint64_t to_ns)
{
    if (s->open.len && to_ns > s->t_ns) {
        if (s->samples.len == s->max)
            make_room(s);
        *(struct profile_sample *)vec_push(&s->samples) = (struct profile_sample){
            .t_ns = to_ns,
            .weight_ns = to_ns - s->t_ns,
            .thread = thread,
            .stack = *(struct stack_id *)vec_at(&s->open, s->open.len - 1),
            .state = SAMPLE_ON_CPU, /* the view's word for "not idle" */
        };
    }
    s->t_ns = to_ns;
}

static struct frame_id frame_of(struct slices *s, struct function_id id)
{
    if (id.i >= s->frames.len)
        vec_resize(&s->frames, s->profile->functions.len);
    struct frame_id *frame = vec_at(&s->frames, id.i);
    if (!frame->i) {
        const struct profile_function *function = vec_at(&s->profile->functions, id.i);
        *frame = profile_add_frame(s->profile, id, function->first_line);
    }
    return *frame;
}

/* When there are too many, the time of a new one goes to its caller. */
static struct stack_id stack_of(struct slices *s, struct stack_id parent, struct frame_id frame)
{
    if (s->profile->stacks.len < SLICES_STACKS_MAX)
        return profile_add_stack(s->profile, parent, frame);
    struct stack_id known = profile_find_stack(s->profile, parent, frame);
    return known.i ? known : parent;
}

static void on_enter(void *context, const struct span *span)
{
    struct slices *s = context;
    struct stack_id parent = {0};
    slice(s, span->thread, span->start_ns);
    if (s->open.len)
        parent = *(struct stack_id *)vec_at(&s->open, s->open.len - 1);
    struct stack_id stack = stack_of(s, parent, frame_of(s, span->function));
    *(struct stack_id *)vec_push(&s->open) = stack;
}

static void on_leave(void *context, const struct span *span)
{
    struct slices *s = context;
    slice(s, span->thread, span->end_ns);
    vec_resize(&s->open, s->open.len - 1);
}

static int replay_calls(struct reader *reader, struct profile *profile,
                        struct reader_summary *ret_summary, struct err *err)
{
    static const struct spans_visitor visitor = {.enter = on_enter, .leave = on_leave};
    struct slices s = {.profile = profile, .stretch_ns = STRETCH_FIRST_NS, .max = SLICES_MAX};
    struct spans spans;
    vec_init(&s.samples, sizeof(struct profile_sample));
    vec_init(&s.open, sizeof(struct stack_id));
    vec_init(&s.frames, sizeof(struct frame_id));
    vec_init(&s.last, sizeof(uint32_t));
    spans_init(&spans, profile, NULL, &visitor, &s);
    int result = reader_replay(reader, &spans.sink, ret_summary, err);
    spans_finish(&spans);
    spans_release(&spans);
    vec_release(&profile->samples);
    profile->samples = s.samples;
    profile->of_calls = true;
    vec_release(&s.open);
    vec_release(&s.frames);
    vec_release(&s.last);
    return result;
}

int slices_replay(struct reader *reader, bool calls, struct profile *profile,
                  struct reader_summary *ret_summary, struct err *err)
{
    unsigned producers;
    int result = reader_producers(reader, &producers, err);
    if (!result && calls && producers & 1u << HEAT_TRACER)
        result = replay_calls(reader, profile, ret_summary, err);
    else if (!result)
        result = reader_replay(reader, &profile->sink, ret_summary, err);
    if (result)
        return -1;
    profile->wall_ns = ret_summary->wall_ns;
    profile->wall_at_ns = ret_summary->start_ns;
    return 0;
}
