/* Makes a view: which samples a query keeps, whose they are, and in what order. Knows nothing of
 * output. */
#include "analysis/view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/frames.h"
#include "analysis/tree.h"
#include "base/alloc.h"
#include "base/clock.h"

static const double RATE_DEFAULT_HZ = 100;
static const double CALLS_HZ = 1e6; /* what is counted of calls: their microseconds */
static const uint32_t NO_ROOT = UINT32_MAX;
/* No look is this far from the last (three days): what says so is damaged, and sums must not wrap. */
static const uint64_t WEIGHT_MAX_NS = (uint64_t)1 << 48;

struct view_text {
    struct intern *texts;
};

struct builder {
    struct view *view;
    const struct profile *profile;
    struct frames frames;
    struct tree tree;
    struct vec owners; /* uint32_t: each sample's index in view->threads */
    uint32_t *slots;   /* profile thread → 1 + index in view->threads; 0 = not wanted */
    uint32_t *roots;   /* by index in view->threads; NO_ROOT = not made yet */
    uint32_t *names, *process_names; /* ids of texts, by index in view->threads */
    uint32_t title;
    uint64_t start_ns; /* when the recording began */
};

static bool wants_state(const struct query *q, uint32_t state)
{
    switch (q->mode) {
    case QUERY_CPU:
        return state & SAMPLE_ON_CPU;
    case QUERY_GIL:
        return state & SAMPLE_GIL_HELD;
    case QUERY_WALL:
        break;
    }
    return q->idle || (state & SAMPLE_ON_CPU);
}

static uint32_t thread_name(struct builder *b, const struct profile_thread *thread)
{
    const char *name = profile_string(b->profile, thread->name);
    if (thread->interpreter == 0) {
        return frames_text(&b->frames, name);
    }
    struct str text = STR_EMPTY;
    str_printf(&text, "%s%s(interpreter %llu)", name, name[0] ? " " : "",
               (unsigned long long)thread->interpreter);
    uint32_t id = frames_text(&b->frames, text.data);
    str_release(&text);
    return id;
}

static uint32_t process_name(struct builder *b, const struct profile_process *process)
{
    const char *command = profile_string(b->profile, process->command);
    return frames_text(&b->frames,
                       command[0] ? command : profile_string(b->profile, process->executable));
}

static void add_threads(struct builder *b)
{
    const struct vec *threads = &b->profile->threads;
    b->slots = alloc_zeroed(threads->len + 1, sizeof(*b->slots));
    b->roots = alloc_zeroed(threads->len + 1, sizeof(*b->roots));
    b->names = alloc_zeroed(threads->len + 1, sizeof(*b->names));
    b->process_names = alloc_zeroed(threads->len + 1, sizeof(*b->process_names));
    for (size_t i = 1; i < threads->len; i++) {
        const struct profile_thread *thread = vec_at(threads, i);
        if (!query_wants_thread(&b->view->query, thread->tid,
                                profile_string(b->profile, thread->name))) {
            continue;
        }
        const struct profile_process *process = vec_at(&b->profile->processes, thread->process.i);
        size_t index = b->view->threads.len;
        *(struct view_thread *)vec_push(&b->view->threads) = (struct view_thread){
            .tid = thread->tid,
            .pid = process->pid,
            .process = thread->process.i,
            .start_ns = thread->start_ns,
            .end_ns = thread->end_ns,
        };
        b->slots[i] = (uint32_t)index + 1;
        b->roots[index] = NO_ROOT;
        b->names[index] = thread_name(b, thread);
        b->process_names[index] = process_name(b, process);
    }
}

static bool wants_time(const struct builder *b, uint64_t t_ns)
{
    const struct query *q = &b->view->query;
    uint64_t since_ns = t_ns > b->start_ns ? t_ns - b->start_ns : 0;
    return since_ns >= q->from_ns && (!q->to_ns || since_ns < q->to_ns);
}

/* Keeps one sample, in the profile's order for now. */
static void add_sample(struct builder *b, const struct profile_sample *sample)
{
    uint32_t slot = b->slots[sample->thread.i];
    /* A thread without a Python frame (starting, ending, or in C of its own) is nowhere in the
     * program. */
    if (!slot || !sample->stack.i || !wants_state(&b->view->query, sample->state) ||
        !wants_time(b, sample->t_ns)) {
        return;
    }
    uint32_t owner = slot - 1, node;
    uint64_t weight_ns = sample->weight_ns < WEIGHT_MAX_NS ? sample->weight_ns : WEIGHT_MAX_NS;
    if (b->roots[owner] == NO_ROOT) {
        b->roots[owner] = tree_root(&b->tree, vec_at(&b->profile->threads, sample->thread.i),
                                    intern_text(b->view->text->texts, b->names[owner], NULL));
    }
    if (!tree_stack(&b->tree, b->roots[owner], sample->stack, &node)) {
        return;
    }
    if (b->view->query.gc && (sample->state & SAMPLE_GC)) {
        node = tree_child(&b->tree, node, frames_synthetic(&b->frames, VIEW_SYNTHETIC, "<GC>"));
    }
    *(uint32_t *)vec_push(&b->owners) = owner;
    *(struct view_sample *)vec_push(&b->view->samples) = (struct view_sample){
        .t_ns = sample->t_ns,
        .weight_ns = weight_ns,
        .node = node,
        .state = sample->state,
    };
    b->view->total_ns += weight_ns;
}

static int by_time(const void *left, const void *right)
{
    const struct view_sample *a = left, *b = right;
    return (a->t_ns > b->t_ns) - (a->t_ns < b->t_ns);
}

static void sort_by_time(struct view_sample *samples, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (samples[i].t_ns < samples[i - 1].t_ns) {
            qsort(samples, count, sizeof(*samples), by_time);
            return;
        }
    }
}

/* Groups the samples by thread and puts each group in time order. */
static void sort_samples(struct builder *b)
{
    struct view *v = b->view;
    struct view_thread *threads = v->threads.data;
    for (size_t i = 0; i < v->samples.len; i++) {
        threads[*(uint32_t *)vec_at(&b->owners, i)].samples++;
    }
    uint32_t first = 0;
    for (size_t i = 0; i < v->threads.len; i++) {
        threads[i].first_sample = first;
        first += threads[i].samples;
        threads[i].samples = 0;
    }
    struct vec sorted;
    vec_init(&sorted, sizeof(struct view_sample));
    vec_resize(&sorted, v->samples.len);
    for (size_t i = 0; i < v->samples.len; i++) {
        struct view_thread *thread = &threads[*(uint32_t *)vec_at(&b->owners, i)];
        *(struct view_sample *)vec_at(&sorted, thread->first_sample + thread->samples++) =
            *(struct view_sample *)vec_at(&v->samples, i);
    }
    vec_release(&v->samples);
    v->samples = sorted;
    for (size_t i = 0; i < v->threads.len; i++) {
        if (threads[i].samples) {
            sort_by_time(vec_at(&v->samples, threads[i].first_sample), threads[i].samples);
        }
    }
}

static double asked_rate(const struct profile *p)
{
    const char *note = profile_note_value(p, "rate_hz");
    double rate = note ? strtod(note, NULL) : 0;
    if (p->of_calls)
        return CALLS_HZ;
    return isfinite(rate) && rate > 0 && rate <= NS_PER_S ? rate : RATE_DEFAULT_HZ;
}

static const char *title_of(const struct profile *p, const struct query *q)
{
    const char *command = profile_note_value(p, "command");
    if (q->title) {
        return q->title;
    }
    return command && command[0] ? command : "heatline";
}

/* Texts move while more are added, so pointers to them are handed out last. */
static void give_texts(struct builder *b)
{
    struct view *v = b->view;
    frames_write(&b->frames, &v->frames);
    for (size_t i = 0; i < v->threads.len; i++) {
        struct view_thread *thread = vec_at(&v->threads, i);
        thread->name = intern_text(v->text->texts, b->names[i], NULL);
        thread->process_name = intern_text(v->text->texts, b->process_names[i], NULL);
    }
    v->title = intern_text(v->text->texts, b->title, NULL);
}

static void builder_release(struct builder *b)
{
    frames_release(&b->frames);
    tree_release(&b->tree);
    vec_release(&b->owners);
    free(b->slots);
    free(b->roots);
    free(b->names);
    free(b->process_names);
}

int view_init(struct view *v, const struct profile *p, const struct query *q, struct err *err)
{
    *v = (struct view){.profile = p, .query = *q, .rate_hz = asked_rate(p)};
    v->start_ns = p->start_ns;
    v->end_ns = p->end_ns;
    v->text = alloc_zeroed(1, sizeof(*v->text));
    v->text->texts = intern_new();
    vec_init(&v->frames, sizeof(struct view_frame));
    vec_init(&v->nodes, sizeof(struct view_node));
    vec_init(&v->threads, sizeof(struct view_thread));
    vec_init(&v->samples, sizeof(struct view_sample));
    if (p->samples.len > UINT32_MAX) {
        view_release(v);
        return err_set(err, STATUS_FAIL, "the recording holds more than %u samples", UINT32_MAX);
    }

    struct builder b = {
        .view = v, .profile = p, .start_ns = p->wall_at_ns ? p->wall_at_ns : p->start_ns};
    frames_init(&b.frames, p, &v->query, v->text->texts);
    tree_init(&b.tree, p, &v->query, &b.frames, &v->nodes);
    vec_init(&b.owners, sizeof(uint32_t));
    b.title = frames_text(&b.frames, title_of(p, q));
    add_threads(&b);
    for (size_t i = 0; i < p->samples.len; i++) {
        add_sample(&b, vec_at(&p->samples, i));
    }
    sort_samples(&b);
    give_texts(&b);
    builder_release(&b);
    return 0;
}

void view_release(struct view *v)
{
    vec_release(&v->frames);
    vec_release(&v->nodes);
    vec_release(&v->threads);
    vec_release(&v->samples);
    if (v->text) {
        intern_free(v->text->texts);
        free(v->text);
    }
    v->text = NULL;
}

uint64_t view_count(const struct view *v, uint64_t weight_ns)
{
    return (uint64_t)llround((double)weight_ns * v->rate_hz / NS_PER_S);
}
