/* Google's pprof: github.com/google/pprof/blob/main/proto/profile.proto; readers expect it gzipped. A sample is what one
 * thread did at one stack, with the number of looks and the time they stand for. */
#include <stdlib.h>
#include <string.h>

#include "analysis/timeline.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/intern.h"
#include "base/proto.h"
#include "export/formats.h"
#include "export/path.h"
#include "export/view_functions.h"

/* Field numbers of profile.proto. */
enum {
    PROFILE_SAMPLE_TYPE = 1,
    PROFILE_SAMPLE = 2,
    PROFILE_MAPPING = 3,
    PROFILE_LOCATION = 4,
    PROFILE_FUNCTION = 5,
    PROFILE_STRING_TABLE = 6,
    PROFILE_TIME_NANOS = 9,
    PROFILE_DURATION_NANOS = 10,
    PROFILE_PERIOD_TYPE = 11,
    PROFILE_PERIOD = 12,
    PROFILE_COMMENT = 13,
    PROFILE_DEFAULT_SAMPLE_TYPE = 14,
    VALUE_TYPE = 1,
    VALUE_UNIT = 2,
    SAMPLE_LOCATION_IDS = 1,
    SAMPLE_VALUES = 2,
    SAMPLE_LABEL = 3,
    LABEL_KEY = 1,
    LABEL_STR = 2,
    LABEL_NUM = 3,
    MAPPING_ID = 1,
    MAPPING_FILENAME = 5,
    MAPPING_HAS_FUNCTIONS = 7,
    MAPPING_HAS_FILENAMES = 8,
    MAPPING_HAS_LINE_NUMBERS = 9,
    LOCATION_ID = 1,
    LOCATION_MAPPING_ID = 2,
    LOCATION_LINE = 4,
    LINE_FUNCTION_ID = 1,
    LINE_LINE = 2,
    FUNCTION_ID = 1,
    FUNCTION_NAME = 2,
    FUNCTION_FILENAME = 4,
    FUNCTION_START_LINE = 5,
};

enum { THE_MAPPING = 1 }; /* there is one, for all of Python's code */

struct sums {
    uint64_t samples, ns;
};

struct pprof {
    const struct view *view;
    struct out *out;
    struct intern *strings; /* ids are those of the string table */
    struct view_functions functions;
    struct str message, inner; /* scratch */
    struct vec path;           /* scratch */
};

static uint32_t string_index(struct pprof *p, const char *text)
{
    return intern_id(p->strings, text, strlen(text), NULL);
}

/* Writes the message that was built as one of the profile's fields. */
static void emit(struct pprof *p, uint32_t field)
{
    struct str whole = STR_EMPTY;
    proto_bytes(&whole, field, p->message.data, p->message.len);
    out_bytes(p->out, whole.data, whole.len);
    str_release(&whole);
    str_clear(&p->message);
}

static void emit_number(struct pprof *p, uint32_t field, uint64_t value)
{
    proto_uint(&p->message, field, value);
    out_bytes(p->out, p->message.data, p->message.len);
    str_clear(&p->message);
}

static void emit_value_type(struct pprof *p, uint32_t field, const char *type, const char *unit)
{
    proto_uint(&p->message, VALUE_TYPE, string_index(p, type));
    proto_uint(&p->message, VALUE_UNIT, string_index(p, unit));
    emit(p, field);
}

static const char *time_type(const struct view *v)
{
    switch (v->query.mode) {
    case QUERY_CPU:
        return "cpu";
    case QUERY_GIL:
        return "gil";
    case QUERY_WALL:
        break;
    }
    return "wall";
}

static void add_label(struct pprof *p, const char *key, const char *text, uint64_t number)
{
    proto_uint(&p->inner, LABEL_KEY, string_index(p, key));
    if (text) {
        proto_uint(&p->inner, LABEL_STR, string_index(p, text));
    } else {
        proto_uint(&p->inner, LABEL_NUM, number);
    }
    proto_bytes(&p->message, SAMPLE_LABEL, p->inner.data, p->inner.len);
    str_clear(&p->inner);
}

static void emit_sample(struct pprof *p, const struct view_thread *thread, uint32_t node,
                        const struct sums *sums)
{
    uint64_t values[] = {sums->samples, sums->ns};
    path_of(p->view, node, &p->path);
    for (size_t i = p->path.len; i-- > 0;) { /* innermost first */
        const struct view_node *at = vec_at(&p->view->nodes, *(uint32_t *)vec_at(&p->path, i));
        proto_uint(&p->message, SAMPLE_LOCATION_IDS, at->frame);
    }
    proto_packed(&p->message, SAMPLE_VALUES, values, 2);
    if (thread->name[0]) {
        add_label(p, "thread", thread->name, 0);
    }
    add_label(p, "thread_id", NULL, thread->tid);
    add_label(p, "pid", NULL, thread->pid);
    emit(p, PROFILE_SAMPLE);
}

/* `sums` is all zero and left so. */
static void emit_thread(struct pprof *p, const struct view_thread *thread, struct sums *sums,
                        struct vec *seen)
{
    vec_clear(seen);
    for (uint32_t i = 0; i < thread->samples; i++) {
        const struct view_sample *sample =
            vec_at(&p->view->samples, (size_t)thread->first_sample + i);
        struct sums *sum = &sums[sample->node];
        if (!sum->samples) {
            *(uint32_t *)vec_push(seen) = sample->node;
        }
        sum->samples++;
        sum->ns += sample->weight_ns;
    }
    for (size_t i = 0; i < seen->len; i++) {
        uint32_t node = *(uint32_t *)vec_at(seen, i);
        emit_sample(p, thread, node, &sums[node]);
        sums[node] = (struct sums){0};
    }
}

static void emit_samples(struct pprof *p)
{
    struct sums *sums = alloc_zeroed(p->view->nodes.len, sizeof(*sums));
    struct vec seen;
    vec_init(&seen, sizeof(uint32_t));
    for (size_t i = 0; i < p->view->threads.len; i++) {
        emit_thread(p, vec_at(&p->view->threads, i), sums, &seen);
    }
    vec_release(&seen);
    free(sums);
}

static void emit_mapping(struct pprof *p)
{
    proto_uint(&p->message, MAPPING_ID, THE_MAPPING);
    proto_uint(&p->message, MAPPING_FILENAME, string_index(p, p->view->title));
    proto_uint(&p->message, MAPPING_HAS_FUNCTIONS, 1);
    proto_uint(&p->message, MAPPING_HAS_FILENAMES, 1);
    proto_uint(&p->message, MAPPING_HAS_LINE_NUMBERS, 1);
    emit(p, PROFILE_MAPPING);
}

static void emit_locations(struct pprof *p)
{
    for (uint32_t i = 1; i < p->view->frames.len; i++) {
        const struct view_frame *frame = vec_at(&p->view->frames, i);
        proto_uint(&p->inner, LINE_FUNCTION_ID, p->functions.by_frame[i]);
        proto_uint(&p->inner, LINE_LINE, frame->line);
        proto_uint(&p->message, LOCATION_ID, i);
        proto_uint(&p->message, LOCATION_MAPPING_ID, THE_MAPPING);
        proto_bytes(&p->message, LOCATION_LINE, p->inner.data, p->inner.len);
        str_clear(&p->inner);
        emit(p, PROFILE_LOCATION);
    }
}

static void emit_functions(struct pprof *p)
{
    for (uint32_t i = 1; i < p->functions.len; i++) {
        const struct view_frame *frame = view_functions_frame(&p->functions, i);
        proto_uint(&p->message, FUNCTION_ID, i);
        /* No system name: pprof would take the name for C++ and "<module>" for template arguments. */
        proto_uint(&p->message, FUNCTION_NAME, string_index(p, frame->name));
        proto_uint(&p->message, FUNCTION_FILENAME, string_index(p, frame->path));
        proto_uint(&p->message, FUNCTION_START_LINE, frame->first_line);
        emit(p, PROFILE_FUNCTION);
    }
}

static void emit_facts(struct pprof *p)
{
    const struct view *v = p->view;
    emit_number(p, PROFILE_TIME_NANOS, timeline_start_wall_ns(v));
    emit_number(p, PROFILE_DURATION_NANOS, v->end_ns > v->start_ns ? v->end_ns - v->start_ns : 0);
    emit_value_type(p, PROFILE_PERIOD_TYPE, time_type(v), "nanoseconds");
    emit_number(p, PROFILE_PERIOD, (uint64_t)(NS_PER_S / v->rate_hz));
    emit_number(p, PROFILE_COMMENT, string_index(p, v->title));
    emit_number(p, PROFILE_DEFAULT_SAMPLE_TYPE, string_index(p, time_type(v)));
}

/* Last: by now every string is known. */
static void emit_strings(struct pprof *p)
{
    for (uint32_t i = 0; i < intern_count(p->strings); i++) {
        size_t len;
        const char *text = intern_text(p->strings, i, &len);
        proto_bytes(&p->message, PROFILE_STRING_TABLE, text, len);
        out_bytes(p->out, p->message.data, p->message.len);
        str_clear(&p->message);
    }
}

int pprof_write(const struct view *v, struct out *o, struct err *err)
{
    (void)err;
    struct pprof p = {.view = v, .out = o, .strings = intern_new()};
    vec_init(&p.path, sizeof(uint32_t));
    view_functions_init(&p.functions, v);
    string_index(&p, ""); /* the table's entry 0, by definition */

    emit_value_type(&p, PROFILE_SAMPLE_TYPE, "samples", "count");
    emit_value_type(&p, PROFILE_SAMPLE_TYPE, time_type(v), "nanoseconds");
    emit_samples(&p);
    emit_mapping(&p);
    emit_locations(&p);
    emit_functions(&p);
    emit_facts(&p);
    emit_strings(&p);

    view_functions_release(&p.functions);
    vec_release(&p.path);
    str_release(&p.message);
    str_release(&p.inner);
    intern_free(p.strings);
    return 0;
}
