/* What a screen shows, before there is a screen: rows of styled text. */
#ifndef HEATLINE_TUI_GRID_H
#define HEATLINE_TUI_GRID_H

#include <stdint.h>

#include "base/str.h"
#include "base/vec.h"
#include "report/display.h"

enum style {
    STYLE_PLAIN,
    STYLE_BOLD,
    STYLE_DIM,
    STYLE_HOT,
    STYLE_WARM,
    STYLE_BAR,      /* headings of the table, the line of keys */
    STYLE_SELECTED, /* the row under the cursor */
    STYLES
};

struct grid_span {
    uint32_t row, column;
    enum style style;
    size_t text; /* where it begins in `texts`; NUL-ended */
};

struct grid {
    uint32_t rows, columns;
    struct vec
        spans; /* struct grid_span: by row, from left to right within one, never overlapping */
    struct str texts;
};

void grid_init(struct grid *g);
void grid_release(struct grid *g);
void grid_begin(struct grid *g, uint32_t rows, uint32_t columns); /* empty, memory kept */
/* Adds text, cut to `room` columns and to the grid. Returns the column behind it. */
uint32_t grid_text(struct grid *g, uint32_t row, uint32_t column, uint32_t room, enum style style,
                   enum display_cut cut, const char *text);
uint32_t grid_printf(struct grid *g, uint32_t row, uint32_t column, enum style style,
                     const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Blanks from `column` to the right edge. */
void grid_fill(struct grid *g, uint32_t row, uint32_t column, enum style style);
const char *grid_span_text(const struct grid *g, const struct grid_span *span);
/* Adds the row as plain text, without blanks at its end. */
void grid_line(const struct grid *g, uint32_t row, struct str *ret_line);

#endif
