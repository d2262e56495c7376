/* Nanoseconds. */
#ifndef HEATLINE_BASE_CLOCK_H
#define HEATLINE_BASE_CLOCK_H

#include <stdint.h>

enum { NS_PER_US = 1000, NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

uint64_t clock_ns(void);             /* CLOCK_MONOTONIC: every t_ns in an event */
uint64_t clock_wall_ns(void);        /* since 1970, for the recording's header */
void clock_sleep(uint64_t until_ns); /* by clock_ns */

#endif
