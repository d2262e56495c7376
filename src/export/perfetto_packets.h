/* Perfetto's trace packets: github.com/google/perfetto, protos/perfetto/trace/trace_packet.proto and
 * what it includes. A file is one packet after the other, so it can be cut behind any of them.
 *
 * Each track has a sequence of packets of its own, in which times count from the last packet (an
 * incremental clock) and functions are named when they come up for the first time. Time may not run
 * backwards in a sequence: where it would, the track begins another one. */
#ifndef HEATLINE_EXPORT_PERFETTO_PACKETS_H
#define HEATLINE_EXPORT_PERFETTO_PACKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/out.h"
#include "base/str.h"
#include "model/event.h"

struct packets {
    struct out *out;
    uint32_t sequences, uuids;            /* given away */
    struct str packet, body, part, inner; /* scratch */
};

/* The sequence of a track. */
struct packet_sequence {
    uint64_t uuid; /* the track's */
    uint32_t id;   /* 0 = not begun */
    uint64_t last_ns;
    struct str named; /* bits: functions that have been named */
};

struct packet_function {
    uint32_t id; /* any number, the same for the same function within a sequence */
    const char *name, *path;
    uint32_t line;
};

/* wall_ns: since 1970 at t_ns; 0 = not known. Comes first. */
void packets_init(struct packets *p, struct out *out, uint64_t t_ns, uint64_t wall_ns);
void packets_release(struct packets *p);

/* Tracks; they give back a uuid. Names of processes and threads may be "". */
uint64_t packets_process(struct packets *p, uint32_t pid, const char *command);
uint64_t packets_thread(struct packets *p, uint64_t process, uint32_t pid, uint32_t tid,
                        const char *name);
uint64_t packets_task(struct packets *p, uint64_t process, const char *name);
uint64_t packets_counter(struct packets *p, uint64_t process, const char *name);

void packets_begin(struct packets *p, struct packet_sequence *s, uint64_t t_ns,
                   const struct packet_function *function);
/* arguments, result: JSON; may be empty. */
void packets_end(struct packets *p, struct packet_sequence *s, uint64_t t_ns, struct text arguments,
                 struct text result, bool unwound);
/* On the sequence's own track, or on another one (uuid; 0 = its own). */
void packets_instant(struct packets *p, struct packet_sequence *s, uint64_t t_ns, uint64_t uuid,
                     const char *name, struct text json);
void packets_count(struct packets *p, struct packet_sequence *s, uint64_t t_ns, uint64_t uuid,
                   double value);

void packet_sequence_release(struct packet_sequence *s);

#endif
