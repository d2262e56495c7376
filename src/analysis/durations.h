/* Many durations in little memory: count, sum, extremes, mean and standard deviation are exact,
 * quantiles to 1/64 of their value (a histogram of 32 buckets for each doubling). */
#ifndef HEATLINE_ANALYSIS_DURATIONS_H
#define HEATLINE_ANALYSIS_DURATIONS_H

#include <stdint.h>

struct durations { /* all zero: none yet */
    uint64_t count, sum_ns, min_ns, max_ns;
    double mean_ns, squares; /* squares: sum of squared distances to the mean */
    uint32_t *buckets;       /* those from `first` on; counts stop at UINT32_MAX */
    uint32_t first, len;
};

void durations_add(struct durations *d, uint64_t ns);
/* As if all of `more` had been added, too. */
void durations_join(struct durations *d, const struct durations *more);
void durations_release(struct durations *d);

/* The least duration that a share (0 to 1) of all does not exceed; 0 if there are none. */
uint64_t durations_quantile_ns(const struct durations *d, double share);
double durations_variance(const struct durations *d); /* of a sample, in ns²; 0 for less than two */
uint64_t durations_stdev_ns(const struct durations *d);

#endif
