/* Knows two tests. The tail of Student's distribution is an incomplete beta function, which is
 * computed as a continued fraction (Lentz's method). */
#include "analysis/significance.h"

#include <math.h>

enum { TERMS_MAX = 300 };

static const double precise = 1e-12, tiny = 1e-300;

static double not_zero(double value)
{
    return fabs(value) < tiny ? tiny : value;
}

static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 / not_zero(1 - (a + b) * x / (a + 1)), result = d;
    for (int i = 1; i < TERMS_MAX; i++) {
        double even = i * (b - i) * x / ((a + 2 * i - 1) * (a + 2 * i));
        d = 1 / not_zero(1 + even * d);
        c = not_zero(1 + even / c);
        result *= d * c;
        double odd = -(a + i) * (a + b + i) * x / ((a + 2 * i) * (a + 2 * i + 1));
        d = 1 / not_zero(1 + odd * d);
        c = not_zero(1 + odd / c);
        result *= d * c;
        if (fabs(d * c - 1) < precise)
            break;
    }
    return result;
}

/* Regularised: I_x(a, b). */
static double incomplete_beta(double a, double b, double x)
{
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double significance_of_means(const struct significance_sample *a,
                             const struct significance_sample *b)
{
    if (a->count < 2 || b->count < 2)
        return NAN;
    double a_error = a->variance / (double)a->count, b_error = b->variance / (double)b->count;
    double error = a_error + b_error, difference = a->mean - b->mean;
    if (error <= 0)
        return difference == 0 ? 1 : 0;
    double freedom =
        error * error /
        (a_error * a_error / (double)(a->count - 1) + b_error * b_error / (double)(b->count - 1));
    double t_squared = difference * difference / error;
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t_squared));
}

double significance_of_shares(double a_part, double a_whole, double b_part, double b_whole)
{
    if (a_whole <= 0 || b_whole <= 0)
        return NAN;
    double pooled = (a_part + b_part) / (a_whole + b_whole);
    double error = pooled * (1 - pooled) * (1 / a_whole + 1 / b_whole);
    double difference = a_part / a_whole - b_part / b_whole;
    if (error <= 0)
        return difference == 0 ? 1 : 0;
    return erfc(fabs(difference) / sqrt(2 * error));
}
