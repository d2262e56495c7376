/* Repeatable pseudo-random numbers, with the extremes more often than chance has them. */
#ifndef HEATLINE_TESTS_UNIT_NUMBERS_H
#define HEATLINE_TESTS_UNIT_NUMBERS_H

#include <stdint.h>

static inline uint64_t number_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static inline uint64_t number_extreme(uint64_t *state)
{
    static const uint64_t extremes[] = {
        0, 1, 127, 128, UINT32_MAX, INT64_MAX, 1ull << 63, UINT64_MAX, 16383, UINT32_MAX + 1ull};
    uint64_t number = number_next(state);
    if (number % 3)
        return extremes[number / 3 % (sizeof extremes / sizeof *extremes)];
    return number_next(state) >> number_next(state) % 64;
}

#endif
