/* Knows how figures read best. */
#include "export/figure.h"

#include <inttypes.h>

#include "base/clock.h"

/* 1234567 → "1,234,567". */
static void add_count(struct str *text, uint64_t count)
{
    if (count >= 1000) {
        add_count(text, count / 1000);
        str_printf(text, ",%03" PRIu64, count % 1000);
    } else {
        str_printf(text, "%" PRIu64, count);
    }
}

void figure_count(struct str *text, uint64_t count, const char *one, const char *many)
{
    add_count(text, count);
    str_printf(text, " %s", count == 1 ? one : many);
}

void figure_time(struct str *text, uint64_t ns)
{
    if (ns >= (uint64_t)10 * NS_PER_S) {
        str_printf(text, "%.1f s", (double)ns / NS_PER_S);
    } else if (ns >= NS_PER_S) {
        str_printf(text, "%.2f s", (double)ns / NS_PER_S);
    } else if (ns >= NS_PER_MS) {
        str_printf(text, "%.0f ms", (double)ns / NS_PER_MS);
    } else {
        str_printf(text, "%.0f µs", (double)ns / NS_PER_US);
    }
}

void figure_share(struct str *text, uint64_t part_ns, uint64_t whole_ns)
{
    double percent = whole_ns ? 100 * (double)part_ns / (double)whole_ns : 0;
    str_printf(text, percent < 0.1 ? "%.2f %%" : "%.1f %%", percent);
}
