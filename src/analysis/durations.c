/* Knows how numbers are summed up. The mean moves along (Welford), so that large sums of squares do
 * not swallow small differences. */
#include "analysis/durations.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { BUCKETS_BITS = 5, BUCKETS = 1 << BUCKETS_BITS };

static uint32_t bucket_of(uint64_t ns)
{
    if (ns < BUCKETS)
        return (uint32_t)ns;
    unsigned doublings = 63u - BUCKETS_BITS - (unsigned)__builtin_clzll(ns);
    return BUCKETS * doublings + (uint32_t)(ns >> doublings);
}

/* The middle of a bucket. */
static uint64_t bucket_ns(uint32_t bucket)
{
    if (bucket < 2 * BUCKETS)
        return bucket;
    unsigned doublings = bucket / BUCKETS - 1;
    return ((uint64_t)(bucket % BUCKETS + BUCKETS) << doublings) + ((uint64_t)1 << doublings) / 2;
}

/* Makes room for one more bucket below or above those that are there. */
static void widen(struct durations *d, uint32_t bucket)
{
    uint32_t first = d->len && d->first < bucket ? d->first : bucket;
    uint32_t end = d->len && d->first + d->len > bucket ? d->first + d->len : bucket + 1;
    uint32_t *buckets = alloc_zeroed(end - first, sizeof *buckets);
    if (d->len)
        memcpy(buckets + (d->first - first), d->buckets, d->len * sizeof *buckets);
    free(d->buckets);
    d->buckets = buckets;
    d->first = first;
    d->len = end - first;
}

void durations_add(struct durations *d, uint64_t ns)
{
    uint32_t bucket = bucket_of(ns);
    if (bucket - d->first >= d->len)
        widen(d, bucket);
    uint32_t *count = &d->buckets[bucket - d->first];
    *count += *count < UINT32_MAX;
    if (!d->count++ || ns < d->min_ns)
        d->min_ns = ns;
    if (ns > d->max_ns)
        d->max_ns = ns;
    d->sum_ns += ns;
    double off = (double)ns - d->mean_ns;
    d->mean_ns += off / (double)d->count;
    d->squares += off * ((double)ns - d->mean_ns);
}

static void join_buckets(struct durations *d, const struct durations *more)
{
    widen(d, more->first);
    widen(d, more->first + more->len - 1);
    for (uint32_t i = 0; i < more->len; i++) {
        uint32_t *count = &d->buckets[more->first + i - d->first];
        uint64_t sum = (uint64_t)*count + more->buckets[i];
        *count = sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
    }
}

void durations_join(struct durations *d, const struct durations *more)
{
    if (!more->count)
        return;
    join_buckets(d, more);
    double count = (double)d->count + (double)more->count, off = more->mean_ns - d->mean_ns;
    d->squares += more->squares + off * off * (double)d->count * (double)more->count / count;
    d->mean_ns += off * (double)more->count / count;
    if (!d->count || more->min_ns < d->min_ns)
        d->min_ns = more->min_ns;
    if (more->max_ns > d->max_ns)
        d->max_ns = more->max_ns;
    d->count += more->count;
    d->sum_ns += more->sum_ns;
}

void durations_release(struct durations *d)
{
    free(d->buckets);
    *d = (struct durations){0};
}

uint64_t durations_quantile_ns(const struct durations *d, double share)
{
    uint64_t wanted = (uint64_t)ceil(share * (double)d->count), seen = 0;
    for (uint32_t i = 0; i < d->len; i++) {
        seen += d->buckets[i];
        if (seen && seen >= wanted) {
            uint64_t ns = bucket_ns(d->first + i);
            return ns < d->min_ns ? d->min_ns : ns > d->max_ns ? d->max_ns : ns;
        }
    }
    return d->max_ns;
}

double durations_variance(const struct durations *d)
{
    return d->count > 1 ? d->squares / (double)(d->count - 1) : 0;
}

uint64_t durations_stdev_ns(const struct durations *d)
{
    return (uint64_t)llround(sqrt(durations_variance(d)));
}
