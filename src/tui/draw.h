/* The screen of `heatline top`, as a grid. */
#ifndef HEATLINE_TUI_DRAW_H
#define HEATLINE_TUI_DRAW_H

#include "tui/facts.h"
#include "tui/grid.h"
#include "tui/list.h"

/* Moves the cursor back into the list where it has left it, and says in `t` what is under it. Plain: as
 * many rows as are asked for, without cursor and keys. */
void draw(struct grid *g, uint32_t rows, uint32_t columns, struct top *t, const struct list *list,
          const struct live *l, const struct facts *f);

enum { DRAW_HEAD_ROWS = 4 };
void draw_head(struct grid *g, const struct top *t, const struct live *l, const struct facts *f);
void draw_help(struct grid *g, uint32_t first_row);

#endif
