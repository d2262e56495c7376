/* /proc/PID/maps, parsed. */
#ifndef HEATLINE_SUBJECT_MAPS_H
#define HEATLINE_SUBJECT_MAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"
#include "base/vec.h"
#include "subject/mem.h"

struct mapping {
    uint64_t start, end, offset, inode;
    uint32_t dev_major, dev_minor;
    bool readable, writable, executable, deleted;
    const char *path; /* as the target sees it, without " (deleted)"; "" for anonymous */
};

struct maps {
    struct vec mappings; /* of struct mapping, by address */
    struct str text;     /* private: the paths lie in it */
};

enum { MAPS_BYTES_MAX = 16 << 20 };

void maps_init(struct maps *maps);
void maps_release(struct maps *maps);
/* RD_OK, RD_GONE or RD_DENIED; a process without memory (zombie, kernel thread) gives RD_GONE. */
enum rd maps_read(struct maps *maps, pid_t pid);
/* The same from text; lines that mean nothing are skipped. */
void maps_parse(struct maps *maps, const char *text, size_t len_bytes);
const struct mapping *maps_find(const struct maps *maps, uint64_t address); /* or NULL */
/* Are they of one file? NULL is of none. */
bool maps_same_file(const struct mapping *a, const struct mapping *b);
/* The lowest mapping of the file that `m`, one of `maps`, is of: where its first PT_LOAD lies. Two copies of one file
 * (dlmopen) are told apart by a gap of other files between them, so it looks back only over its own and anonymous ones. */
const struct mapping *maps_first(const struct maps *maps, const struct mapping *m);
/* The path of a mapped file whose name fits the pattern (fnmatch); NULL: there is none. */
const char *maps_named(const struct maps *maps, const char *pattern);
/* Is that the C library? Else it is glibc. */
bool maps_musl(const struct maps *maps);
/* Opens the file behind a mapping of process `pid`, also when it is deleted or in another mount
 * namespace: /proc/PID/map_files, then /proc/PID/root/path, then /proc/PID/exe. fd or -1. */
int maps_open_file(pid_t pid, const struct mapping *mapping);

#endif
