/* The time of an event, in nanoseconds of CLOCK_MONOTONIC, for 10 ns instead of 22: from the processor's counter
 * where the kernel itself trusts it, set right by the kernel's clock every millisecond or so. */
#ifndef HEATLINE_AGENT_STAMP_H
#define HEATLINE_AGENT_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

enum { STAMP_SHIFT = 32, STAMP_TICKS_MAX = 1 << 22 };

/* One thread's view of the clock. */
struct stamp {
    /* The counter, and what the clock said at the same time. 0: the counter is not used; it is far beyond that. */
    uint64_t ticks, t_ns;
    uint64_t ns_per_tick; /* shifted left by STAMP_SHIFT */
};

/* Learns how fast the counter runs. Takes a millisecond, once a process. */
void stamp_calibrate(void);
void stamp_set(struct stamp *s);

static inline uint64_t stamp_ticks(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return UINT64_MAX;
#endif
}

static inline uint64_t stamp_now(struct stamp *s)
{
    uint64_t since = stamp_ticks() - s->ticks;
    if (since >= STAMP_TICKS_MAX) {
        stamp_set(s);
        return s->t_ns;
    }
    return s->t_ns + (since * s->ns_per_tick >> STAMP_SHIFT);
}

#endif
