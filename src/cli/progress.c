#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { SHOW_WAIT_NS = 250 * NS_PER_MS };

void progress_init(struct progress *p, uint64_t start_ns, bool hide)
{
    *p = (struct progress){.start_ns = start_ns, .last_ns = start_ns, .next_ns = UINT64_MAX};
    if (!hide && isatty(STDERR_FILENO))
        p->next_ns = start_ns + SHOW_WAIT_NS;
}

void progress_show(struct progress *p, const struct sampler *s, uint64_t now_ns)
{
    if (now_ns < p->next_ns)
        return;
    struct sampler_stats stats = sampler_stats(s);
    double rate_hz =
        (double)(stats.ticks - p->last_ticks) * NS_PER_S / (double)(now_ns - p->last_ns);
    fprintf(stderr, "\r\033[K%.1f s  %" PRIu64 " samples  %.0f Hz  %u threads",
            (double)(now_ns - p->start_ns) / NS_PER_S, stats.samples, rate_hz, stats.threads);
    if (stats.processes != 1)
        fprintf(stderr, " in %u processes", stats.processes);
    if (stats.truncated)
        fprintf(stderr, "  %" PRIu64 " truncated", stats.truncated);
    if (stats.rejected)
        fprintf(stderr, "  %" PRIu64 " rejected", stats.rejected);
    fflush(stderr);
    p->shown = true;
    p->last_ticks = stats.ticks;
    p->last_ns = now_ns;
    p->next_ns = now_ns + SHOW_WAIT_NS;
}

void progress_clear(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
}
