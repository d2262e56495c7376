/* The page that ? shows. */
#include "tui/draw.h"

static const struct help {
    const char *keys, *text;
} helps[] = {
    {"1 2 3 4", "sort by own %, total %, own time, total time"},
    {"< > left right", "sort by the column beside"},
    {"up down j k", "move through the table; also PgUp PgDn Home End"},
    {"Enter", "who calls this row, and whom it calls"},
    {"L", "functions or lines"},
    {"t", "each thread by itself, or all together"},
    {"c", "count time on CPU, with the GIL, or all (waiting too)"},
    {"w", "shares of the last moments, or since the start"},
    {"/", "only what has this text in function, file or thread"},
    {"p", "hold the screen; counting goes on"},
    {"r", "begin the times anew"},
    {"? h", "this page"},
    {"q", "leave"},
    {"", ""},
    {"", "Own: its own code is what runs. Total: with what it calls."},
    {"", "100 % is the time of all threads that did something that counts."},
};

enum { KEYS_COLUMNS = 20 };

void draw_help(struct grid *g, uint32_t first_row)
{
    for (size_t i = 0; i < sizeof(helps) / sizeof(*helps); i++) {
        uint32_t row = first_row + (uint32_t)i;
        grid_text(g, row, 2, KEYS_COLUMNS - 4, STYLE_BOLD, DISPLAY_CUT_END, helps[i].keys);
        grid_text(g, row, helps[i].keys[0] ? KEYS_COLUMNS : 2, g->columns, STYLE_PLAIN,
                  DISPLAY_CUT_END, helps[i].text);
    }
}
