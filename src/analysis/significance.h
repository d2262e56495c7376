/* How surprising a difference is: the probability (0 to 1) of one as large if both sides were alike.
 * All take what was measured to be independent of each other, which calls of one run hardly are: a
 * small value says "look here", not "proven". NaN where nothing can be said. */
#ifndef HEATLINE_ANALYSIS_SIGNIFICANCE_H
#define HEATLINE_ANALYSIS_SIGNIFICANCE_H

#include <stdint.h>

struct significance_sample {
    uint64_t count;
    double mean, variance; /* variance of a sample: divided by count - 1 */
};

/* Of two means, whose variances need not be alike: Welch's t-test, two-sided. */
double significance_of_means(const struct significance_sample *a,
                             const struct significance_sample *b);
/* Of two shares, `part` of `whole` each: the z-test with a pooled share, two-sided. */
double significance_of_shares(double a_part, double a_whole, double b_part, double b_whole);

#endif
