/* Text as a terminal shows it: columns, not bytes. UTF-8 whatever the locale; what would drive the
 * terminal (control characters) or is no UTF-8 is shown as U+FFFD. */
#ifndef HEATLINE_REPORT_DISPLAY_H
#define HEATLINE_REPORT_DISPLAY_H

#include <stddef.h>

#include "base/str.h"

enum display_cut { DISPLAY_CUT_END, DISPLAY_CUT_START }; /* where "…" stands for the rest */

size_t display_columns(const char *text);
/* Adds `text`, cut to at most `columns` columns. Returns the columns used. */
size_t display_add(struct str *s, const char *text, size_t columns, enum display_cut cut);

#endif
