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
 * each thread that runs at the same time as others; a definition is written before it is used. */
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
};

struct heat_segment {
    uint32_t magic, producer;  /* HEAT_SEGMENT_MAGIC, enum heat_producer */
    uint32_t stream, sequence; /* from 0 */
    uint32_t pid;              /* of the writer */
    uint32_t dictionary;       /* the stream that defines the ids used here; mostly this one */
    uint64_t base_ns;          /* times in this segment start from here */
    uint64_t used_bytes;       /* of events behind this struct (atomic) */
};

#endif
