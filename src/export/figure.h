/* Figures for people. */
#ifndef HEATLINE_EXPORT_FIGURE_H
#define HEATLINE_EXPORT_FIGURE_H

#include <stdint.h>

#include "base/str.h"

void figure_count(struct str *text, uint64_t count, const char *one, const char *many);
void figure_time(struct str *text, uint64_t ns);
void figure_share(struct str *text, uint64_t part_ns, uint64_t whole_ns);

#endif
