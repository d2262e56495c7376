#include "sampler/pacer.h"

#include "base/clock.h"

void pacer_init(struct pacer *p, uint64_t rate_hz, uint64_t now_ns, uint64_t seed)
{
    *p = (struct pacer){.period_ns = NS_PER_S / rate_hz, .slot_ns = now_ns, .seed = seed | 1};
}

/* xorshift64 (Marsaglia, 2003). */
static uint64_t draw(struct pacer *p)
{
    p->seed ^= p->seed << 13;
    p->seed ^= p->seed >> 7;
    p->seed ^= p->seed << 17;
    return p->seed;
}

uint64_t pacer_next(struct pacer *p, uint64_t now_ns)
{
    p->slot_ns += p->period_ns;
    if (p->slot_ns + p->period_ns <= now_ns) /* its whole period is over */
        p->slot_ns += (now_ns - p->slot_ns) / p->period_ns * p->period_ns;
    return p->slot_ns + draw(p) % p->period_ns;
}
