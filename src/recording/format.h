/* The .heat file: a header page, then segments of equal size.
 *
 *   offset 0            struct heat_header, padded to HEAT_PAGE_BYTES
 *   HEAT_PAGE_BYTES·1   segment 0: struct heat_segment, then encoded events (model/codec.h)
 *   … + segment_bytes   segment 1 …
 *
 * Little-endian. The header is mapped shared by every writer; the next free segment is handed out by an
 * atomic add on `segments`. A segment belongs to one stream (one producer of one process) and its
 * `used_bytes` is stored, with release order, after each whole event: whatever ends a writer, what
 * lies before used_bytes is valid. Segments of a stream are read in `sequence` order, each decodes by
 * itself from `base_ns`. A traced process has one stream with all its definitions, its dictionary, and one for
 * each thread that runs at the same time as others; a definition is written before it is used.
 *
 * Where only the latest is to be kept, segments that nobody writes to any more are taken again once the file has all
 * that it may have, the oldest first (agent/segment.c). Then the first segments of a stream are missing. */
#ifndef HEATLINE_RECORDING_FORMAT_H
#define HEATLINE_RECORDING_FORMAT_H

#include <stdint.h>

#define HEAT_MAGIC "HEATLINE"
#define HEAT_SEGMENT_MAGIC 0x47455348u /* "HSEG" */

enum {
    HEAT_VERSION = 1,
    HEAT_PAGE_BYTES = 4096,
    HEAT_SEGMENT_BYTES = 65536,
    HEAT_SEGMENT_BYTES_MIN = 4096,
    HEAT_SEGMENT_BYTES_MAX = 16 << 20,
};

enum heat_producer { HEAT_SAMPLER = 1, HEAT_TRACER = 2, HEAT_ALLOC = 3, HEAT_INDEX = 4 };

struct heat_header {
    char magic[8];
    uint32_t version, segment_bytes;
    uint64_t wall_ns;   /* since 1970 … */
    uint64_t start_ns;  /* … at this CLOCK_MONOTONIC time */
    uint64_t segments;  /* handed out so far (atomic) */
    uint64_t streams;   /* handed out so far (atomic) */
    uint64_t lost;      /* events that found no room (atomic) */
    uint64_t closed_ns; /* CLOCK_MONOTONIC time of a clean end; 0 = the recorder was cut off */
    uint64_t index_offset, index_bytes; /* 0 = no index */
    uint64_t retaken;       /* segments that were taken again, with what they held (atomic) */
    uint64_t retaken_ns;    /* when the latest of them began (atomic) */
    uint64_t triggered_ns;  /* a trigger that the recorder has not seen; 0 = none (atomic) */
    uint64_t hand;          /* where the next one is looked for (atomic) */
    uint64_t pid_namespace; /* in which the writers' pids mean something; 0 = not known */
};

enum heat_state {
    HEAT_OPEN = 0,    /* somebody writes to it, if he is still there */
    HEAT_LEFT = 1,    /* nobody does any more */
    HEAT_DYING = 2,   /* definitions of a process that is gone; still used */
    HEAT_FOREIGN = 4, /* open, and its writer's pid is of another namespace */
};

struct heat_segment {
    uint32_t magic;            /* HEAT_SEGMENT_MAGIC */
    uint16_t producer, state;  /* enum heat_producer, enum heat_state (atomic) */
    uint32_t stream, sequence; /* from 0 */
    uint32_t pid;              /* of the writer */
    uint32_t dictionary;       /* the stream that defines the ids used here; mostly this one */
    uint64_t base_ns;          /* times in this segment start from here */
    uint64_t used_bytes;       /* of events behind this struct (atomic) */
};

#endif
