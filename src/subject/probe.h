/* Copies a thread's memory at one moment while the thread runs. A small eBPF program of ours interrupts the CPU that
 * the thread is on, for as long as the copying takes: nothing is stopped or woken, nothing is attached to the process,
 * and debuggers are not kept away. Costs on a 2-core virtual machine, nearly all of it for the interrupt: 9 µs, of
 * which the thread loses 6 (freezing it: 20 and 45).
 * Needs Linux 5.10 and CAP_BPF with CAP_PERFMON, or root. */
#ifndef HEATLINE_SUBJECT_PROBE_H
#define HEATLINE_SUBJECT_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "subject/mem.h"

enum {
    PROBE_RANGES_MAX = 16,
    PROBE_RANGE_BYTES_MAX = 512,
    PROBE_RECORDS_MAX = 512,
    PROBE_WORDS = 4,
    PROBE_KEYS_MAX = 8,
};

struct probe;

/* A thread as the kernel knows it: by the pid namespace that it lives in, and its id there. */
struct probe_thread {
    pid_t pid, tid; /* as we see them */
    uint64_t device, inode;
    uint32_t inner_tid; /* 0 until it was looked up */
    int cpu;            /* where it was last; -1 = not known */
};

/* Records in the thread's memory, each of which holds the address of the next. */
struct probe_chain {
    uint64_t link;         /* where the address of the first one lies … */
    bool indirect;         /* … or that of a structure … */
    uint32_t link_offset;  /* … which holds it here */
    uint32_t record_bytes; /* ≤ PROBE_RANGE_BYTES_MAX */
    /* 64-bit words of a record. The first is the address of the next one. */
    uint32_t words[PROBE_WORDS];
    uint32_t key_offset; /* where a 32-bit key lies in what the second one points to; 0: none */
};

/* Returns at once, and loads the program meanwhile. NULL: not to be had here. */
struct probe *probe_new(void);
void probe_free(struct probe *p);
/* Waits until the program is loaded. False: it cannot be. */
bool probe_wait(struct probe *p);

struct probe_thread probe_thread(pid_t pid, pid_t tid);
/* Reads ranges and a chain. RD_AWAY: the thread is on no CPU. RD_TORN: memory is not in place at that moment, the
 * chain has no end within PROBE_RECORDS_MAX, or the program is still being loaded. RD_DENIED: it cannot be. */
enum rd probe_read(struct probe *p, struct probe_thread *t, const struct mem_range *ranges,
                   size_t count, const struct probe_chain *chain);
/* After RD_OK: the chain, until the next read. */
size_t probe_records(const struct probe *p);
uint64_t probe_first(const struct probe *p);                   /* the address of the first one */
const uint64_t *probe_record(const struct probe *p, size_t i); /* its words */
/* That of one of the first PROBE_KEYS_MAX records; 0: not known. */
uint32_t probe_key(const struct probe *p, size_t i);

#endif
