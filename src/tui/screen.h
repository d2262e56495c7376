/* The terminal, by ncurses: shows grids, takes keys, is always put back as it was. */
#ifndef HEATLINE_TUI_SCREEN_H
#define HEATLINE_TUI_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "tui/grid.h"

struct screen;

/* NULL with `err` set: standard output is no terminal that a screen can be drawn on. */
struct screen *screen_open(bool color, struct err *err);
void screen_close(struct screen *s);         /* NULL is a no-op */
int screen_keyboard(const struct screen *s); /* readable when keys wait; -1: there is none */
void screen_size(const struct screen *s, uint32_t *ret_rows, uint32_t *ret_columns);
void screen_show(struct screen *s, const struct grid *g);
void screen_repaint(struct screen *s); /* the next time from scratch */
/* A character's bytes one by one, or enum top_key (tui/key.h); -1: none is waiting. */
int screen_key(struct screen *s);

#endif
