/* Another process's memory behind one read call: live (mem_live.c) or a stored image (mem_image.c).
 * Foreign addresses are uint64_t, never pointers; whatever is read is hostile. */
#ifndef HEATLINE_SUBJECT_MEM_H
#define HEATLINE_SUBJECT_MEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* A torn read is an ordinary, counted result. */
enum rd {
    RD_OK = 0,
    RD_TORN = -1,   /* not mapped (any more), or what was read contradicts itself */
    RD_GONE = -2,   /* the process has ended */
    RD_DENIED = -3, /* the kernel does not let us */
    RD_AWAY = -4,   /* the thread would have to be on a CPU, and is not */
};

struct mem_range {
    uint64_t address;
    uint32_t len_bytes;
    void *buf;
};

struct mem {
    /* Reads all ranges, in order, in as few system calls as possible. RD_OK: every byte was read. */
    enum rd (*read)(struct mem *m, const struct mem_range *ranges, size_t count);
    void (*free)(struct mem *m);
    uint64_t calls; /* system calls made so far */
};

struct mem *mem_live_new(pid_t pid); /* process_vm_readv; opens nothing, cannot fail */
/* A stored image: every read must lie within the ranges it holds. */
struct mem *mem_image_open(const char *path, struct err *err);
/* The same; the bytes must outlive it. */
struct mem *mem_image_open_bytes(const void *bytes, size_t len_bytes, struct err *err);
/* Reads through `under` and keeps what was read, of bytes read twice the later ones;
 * mem_tape_save writes it as an image. The tape frees `under` with itself. */
struct mem *mem_tape_new(struct mem *under);
int mem_tape_save(const struct mem *tape, const char *path, struct err *err);
void mem_free(struct mem *m); /* NULL is a no-op */

enum rd mem_read(struct mem *m, uint64_t address, void *buf, size_t len_bytes);
enum rd mem_read_many(struct mem *m, const struct mem_range *ranges, size_t count);
enum rd mem_read_u64(struct mem *m, uint64_t address, uint64_t *ret_value);

#endif
