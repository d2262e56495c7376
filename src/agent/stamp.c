/* Knows the processor's counter and how it relates to CLOCK_MONOTONIC. */
#include "agent/stamp.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { CALIBRATE_NS = 1000000, PAIR_TRIES = 5 };

/* Where counting began, and whether the counter is to be trusted. Written once, while the process starts. */
static struct stamp origin;
static bool trusted;

/* Both clocks at one moment: of a few tries the one that took least. */
static void read_pair(uint64_t *ret_ticks, uint64_t *ret_t_ns)
{
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < PAIR_TRIES; i++) {
        uint64_t before = stamp_ticks(), t_ns = clock_ns(), after = stamp_ticks();
        if (after - before >= least)
            continue;
        least = after - before;
        *ret_ticks = before + (after - before) / 2;
        *ret_t_ns = t_ns;
    }
}

/* The kernel keeps time by the counter itself only if it is steady and the same on all processors. */
static bool kernel_trusts_it(void)
{
#if defined(__aarch64__)
    return true; /* the architecture promises both */
#else
    char name[16] = "";
    int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
                  O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got = read(fd, name, sizeof(name) - 1);
    close(fd);
    return got >= 4 && memcmp(name, "tsc\n", 4) == 0;
#endif
}

static uint64_t rate(uint64_t ticks, uint64_t t_ns)
{
    return (uint64_t)(((unsigned __int128)t_ns << STAMP_SHIFT) / ticks);
}

void stamp_calibrate(void)
{
    uint64_t ticks = 0, t_ns = 0;
    if (origin.t_ns)
        return;
    trusted = kernel_trusts_it();
    read_pair(&origin.ticks, &origin.t_ns);
    do {
        read_pair(&ticks, &t_ns);
    } while (trusted && t_ns - origin.t_ns < CALIBRATE_NS);
    if (trusted)
        origin.ns_per_tick = rate(ticks - origin.ticks, t_ns - origin.t_ns);
}

/* The longer ago the origin, the better the rate is known. */
void stamp_set(struct stamp *s)
{
    if (!trusted) {
        s->t_ns = clock_ns();
        return;
    }
    read_pair(&s->ticks, &s->t_ns);
    s->ns_per_tick = s->t_ns - origin.t_ns < CALIBRATE_NS
                         ? origin.ns_per_tick
                         : rate(s->ticks - origin.ticks, s->t_ns - origin.t_ns);
}
