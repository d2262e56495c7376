/* Knows the numbers of Perfetto's fields. Knows no recording. */
#include "export/perfetto_packets.h"

#include <string.h>

#include "base/json_check.h"
#include "base/proto.h"
#include "base/utf8.h"

enum { TRACE_PACKET = 1 };

enum {
    PACKET_CLOCK_SNAPSHOT = 6,
    PACKET_TIMESTAMP = 8,
    PACKET_SEQUENCE_ID = 10,
    PACKET_TRACK_EVENT = 11,
    PACKET_INTERNED_DATA = 12,
    PACKET_SEQUENCE_FLAGS = 13,
    PACKET_DEFAULTS = 59,
    PACKET_TRACK_DESCRIPTOR = 60,
};
enum { SEQUENCE_STATE_CLEARED = 1, SEQUENCE_STATE_NEEDED = 2 };

enum { SNAPSHOT_CLOCKS = 1, SNAPSHOT_PRIMARY = 2 };
enum { CLOCK_ID = 1, CLOCK_TIMESTAMP = 2, CLOCK_IS_INCREMENTAL = 3 };
/* 64 to 127 belong to a sequence. */
enum { CLOCK_OF_REALTIME = 1, CLOCK_OF_MONOTONIC = 3, CLOCK_OF_SEQUENCE = 64 };

enum { DEFAULTS_TRACK_EVENT = 11, DEFAULTS_CLOCK = 58, EVENT_DEFAULTS_TRACK = 11 };

enum {
    TRACK_UUID = 1,
    TRACK_NAME = 2,
    TRACK_PROCESS = 3,
    TRACK_THREAD = 4,
    TRACK_PARENT = 5,
    TRACK_COUNTER = 8,
};
enum { PROCESS_PID = 1, PROCESS_CMDLINE = 2, PROCESS_NAME = 6 };
enum { THREAD_PID = 1, THREAD_TID = 2, THREAD_NAME = 5 };

enum { INTERNED_EVENT_NAMES = 2, INTERNED_SOURCE_LOCATIONS = 4 };
enum { EVENT_NAME_IID = 1, EVENT_NAME_NAME = 2 };
enum { LOCATION_IID = 1, LOCATION_FILE = 2, LOCATION_FUNCTION = 3, LOCATION_LINE = 4 };

enum {
    TRACK_EVENT_ANNOTATION = 4,
    TRACK_EVENT_TYPE = 9,
    TRACK_EVENT_NAME_IID = 10,
    TRACK_EVENT_TRACK = 11,
    TRACK_EVENT_NAME = 23,
    TRACK_EVENT_LOCATION_IID = 34,
    TRACK_EVENT_COUNTER = 44,
};
enum { TYPE_BEGIN = 1, TYPE_END = 2, TYPE_INSTANT = 3, TYPE_COUNTER = 4 };
enum { ANNOTATION_BOOL = 2, ANNOTATION_TEXT = 6, ANNOTATION_JSON = 9, ANNOTATION_NAME = 10 };

static void add_part(struct str *message, uint32_t field, struct str *part)
{
    proto_bytes(message, field, part->data, part->len);
    str_clear(part);
}

static void write_packet(struct packets *p)
{
    str_clear(&p->part);
    add_part(&p->part, TRACE_PACKET, &p->packet);
    out_bytes(p->out, p->part.data, p->part.len);
    str_clear(&p->part);
}

static void add_clock(struct packets *p, uint32_t id, uint64_t t_ns, bool incremental)
{
    proto_uint(&p->inner, CLOCK_ID, id);
    proto_uint(&p->inner, CLOCK_TIMESTAMP, t_ns);
    if (incremental) {
        proto_uint(&p->inner, CLOCK_IS_INCREMENTAL, 1);
    }
    add_part(&p->body, SNAPSHOT_CLOCKS, &p->inner);
}

void packets_init(struct packets *p, struct out *out, uint64_t t_ns, uint64_t wall_ns)
{
    *p = (struct packets){.out = out};
    add_clock(p, CLOCK_OF_MONOTONIC, t_ns, false);
    if (wall_ns) {
        add_clock(p, CLOCK_OF_REALTIME, wall_ns, false);
    }
    proto_uint(&p->body, SNAPSHOT_PRIMARY, CLOCK_OF_MONOTONIC);
    proto_uint(&p->packet, PACKET_SEQUENCE_ID, ++p->sequences);
    add_part(&p->packet, PACKET_CLOCK_SNAPSHOT, &p->body);
    write_packet(p);
}

void packets_release(struct packets *p)
{
    str_release(&p->packet);
    str_release(&p->body);
    str_release(&p->part);
    str_release(&p->inner);
}

void packet_sequence_release(struct packet_sequence *s)
{
    str_release(&s->named);
}

/* The descriptor is in `body`, but for what all have. */
static uint64_t write_track(struct packets *p, uint64_t parent)
{
    proto_uint(&p->body, TRACK_UUID, ++p->uuids);
    if (parent) {
        proto_uint(&p->body, TRACK_PARENT, parent);
    }
    proto_uint(&p->packet, PACKET_SEQUENCE_ID, 1);
    add_part(&p->packet, PACKET_TRACK_DESCRIPTOR, &p->body);
    write_packet(p);
    return p->uuids;
}

static void add_name(struct str *message, uint32_t field, const char *name)
{
    if (name[0]) {
        proto_text(message, field, name);
    }
}

uint64_t packets_process(struct packets *p, uint32_t pid, const char *command)
{
    proto_uint(&p->inner, PROCESS_PID, pid);
    add_name(&p->inner, PROCESS_CMDLINE, command);
    add_name(&p->inner, PROCESS_NAME, command);
    add_part(&p->body, TRACK_PROCESS, &p->inner);
    return write_track(p, 0);
}

uint64_t packets_thread(struct packets *p, uint64_t process, uint32_t pid, uint32_t tid,
                        const char *name)
{
    proto_uint(&p->inner, THREAD_PID, pid);
    proto_uint(&p->inner, THREAD_TID, tid);
    add_name(&p->inner, THREAD_NAME, name);
    add_part(&p->body, TRACK_THREAD, &p->inner);
    return write_track(p, process);
}

uint64_t packets_task(struct packets *p, uint64_t process, const char *name)
{
    proto_text(&p->body, TRACK_NAME, name);
    return write_track(p, process);
}

uint64_t packets_counter(struct packets *p, uint64_t process, const char *name)
{
    proto_text(&p->body, TRACK_NAME, name);
    proto_bytes(&p->body, TRACK_COUNTER, "", 0);
    return write_track(p, process);
}

/* A sequence's clock begins at t_ns. */
static void begin_sequence(struct packets *p, struct packet_sequence *s, uint64_t t_ns)
{
    s->id = ++p->sequences;
    s->last_ns = t_ns;
    str_clear(&s->named);
    proto_uint(&p->inner, EVENT_DEFAULTS_TRACK, s->uuid);
    add_part(&p->body, DEFAULTS_TRACK_EVENT, &p->inner);
    proto_uint(&p->body, DEFAULTS_CLOCK, CLOCK_OF_SEQUENCE);
    proto_uint(&p->packet, PACKET_SEQUENCE_ID, s->id);
    proto_uint(&p->packet, PACKET_SEQUENCE_FLAGS, SEQUENCE_STATE_CLEARED | SEQUENCE_STATE_NEEDED);
    add_part(&p->packet, PACKET_DEFAULTS, &p->body);
    add_clock(p, CLOCK_OF_SEQUENCE, t_ns, true);
    add_clock(p, CLOCK_OF_MONOTONIC, t_ns, false);
    add_part(&p->packet, PACKET_CLOCK_SNAPSHOT, &p->body);
    write_packet(p);
}

static void begin_event(struct packets *p, struct packet_sequence *s, uint64_t t_ns, uint32_t type)
{
    if (!s->id || t_ns < s->last_ns) {
        begin_sequence(p, s, t_ns);
    }
    proto_uint(&p->packet, PACKET_TIMESTAMP, t_ns - s->last_ns);
    proto_uint(&p->packet, PACKET_SEQUENCE_ID, s->id);
    s->last_ns = t_ns;
    proto_uint(&p->body, TRACK_EVENT_TYPE, type);
}

static void end_event(struct packets *p)
{
    add_part(&p->packet, PACKET_TRACK_EVENT, &p->body);
    write_packet(p);
}

/* Was it named in this sequence already? It is from now on. */
static bool is_named(struct packet_sequence *s, uint32_t function)
{
    static const char zeros[256];
    size_t byte = function / 8;
    while (s->named.len <= byte) {
        str_add_bytes(&s->named, zeros, sizeof(zeros));
    }
    unsigned char *bits = (unsigned char *)s->named.data + byte;
    bool named = *bits >> function % 8 & 1;
    *bits |= (unsigned char)(1u << function % 8);
    return named;
}

static void add_interned(struct packets *p, const struct packet_function *f)
{
    struct str data = STR_EMPTY;
    proto_uint(&p->inner, EVENT_NAME_IID, f->id + 1ull);
    proto_text(&p->inner, EVENT_NAME_NAME, f->name);
    add_part(&data, INTERNED_EVENT_NAMES, &p->inner);
    if (f->path[0]) {
        proto_uint(&p->inner, LOCATION_IID, f->id + 1ull);
        proto_text(&p->inner, LOCATION_FILE, f->path);
        proto_text(&p->inner, LOCATION_FUNCTION, f->name);
        proto_uint(&p->inner, LOCATION_LINE, f->line);
        add_part(&data, INTERNED_SOURCE_LOCATIONS, &p->inner);
    }
    add_part(&p->packet, PACKET_INTERNED_DATA, &data);
    str_release(&data);
}

void packets_begin(struct packets *p, struct packet_sequence *s, uint64_t t_ns,
                   const struct packet_function *function)
{
    begin_event(p, s, t_ns, TYPE_BEGIN);
    if (!is_named(s, function->id)) {
        proto_uint(&p->packet, PACKET_SEQUENCE_FLAGS, SEQUENCE_STATE_NEEDED);
        add_interned(p, function);
    }
    proto_uint(&p->body, TRACK_EVENT_NAME_IID, function->id + 1ull);
    if (function->path[0]) {
        proto_uint(&p->body, TRACK_EVENT_LOCATION_IID, function->id + 1ull);
    }
    end_event(p);
}

/* Perfetto takes objects and arrays apart, and drops other JSON. */
static bool is_object_or_array(struct text json)
{
    const char *at = json.data, *end = at + json.len_bytes;
    while (at < end && strchr(" \t\r\n", *at)) {
        at++;
    }
    return at < end && (*at == '{' || *at == '[') && json_check(json.data, json.len_bytes);
}

static void annotate(struct packets *p, const char *name, struct text json)
{
    if (!json.len_bytes) {
        return;
    }
    proto_text(&p->inner, ANNOTATION_NAME, name);
    if (is_object_or_array(json)) {
        proto_bytes(&p->inner, ANNOTATION_JSON, json.data, json.len_bytes);
    } else {
        struct str text = STR_EMPTY;
        utf8_repair(&text, json.data, json.len_bytes);
        proto_bytes(&p->inner, ANNOTATION_TEXT, text.data, text.len);
        str_release(&text);
    }
    add_part(&p->body, TRACK_EVENT_ANNOTATION, &p->inner);
}

void packets_end(struct packets *p, struct packet_sequence *s, uint64_t t_ns, struct text arguments,
                 struct text result, bool unwound)
{
    begin_event(p, s, t_ns, TYPE_END);
    annotate(p, "func_args", arguments);
    annotate(p, "return_value", result);
    if (unwound) {
        proto_text(&p->inner, ANNOTATION_NAME, "left_by_exception");
        proto_uint(&p->inner, ANNOTATION_BOOL, 1);
        add_part(&p->body, TRACK_EVENT_ANNOTATION, &p->inner);
    }
    end_event(p);
}

void packets_instant(struct packets *p, struct packet_sequence *s, uint64_t t_ns, uint64_t uuid,
                     const char *name, struct text json)
{
    begin_event(p, s, t_ns, TYPE_INSTANT);
    proto_text(&p->body, TRACK_EVENT_NAME, name);
    if (uuid) {
        proto_uint(&p->body, TRACK_EVENT_TRACK, uuid);
    }
    annotate(p, "args", json);
    end_event(p);
}

void packets_count(struct packets *p, struct packet_sequence *s, uint64_t t_ns, uint64_t uuid,
                   double value)
{
    begin_event(p, s, t_ns, TYPE_COUNTER);
    proto_uint(&p->body, TRACK_EVENT_TRACK, uuid);
    proto_double(&p->body, TRACK_EVENT_COUNTER, value);
    end_event(p);
}
