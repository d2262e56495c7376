/* What the user of `heatline top` has chosen to see, and how keys change it. */
#ifndef HEATLINE_TUI_TOP_H
#define HEATLINE_TUI_TOP_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/live.h"
#include "tui/key.h"

enum { TOP_FILTER_BYTES_MAX = 64 };

enum top_column { TOP_OWN_SHARE, TOP_TOTAL_SHARE, TOP_OWN_TIME, TOP_TOTAL_TIME, TOP_COLUMNS };

/* What is to be done outside. */
enum top_action { TOP_NOTHING, TOP_DRAW, TOP_REPAINT, TOP_RESET, TOP_PAUSE, TOP_QUIT };

struct top {
    enum top_column sort;
    enum live_class class;
    enum live_span span; /* what the shares are of */
    bool lines, threads, paused, help;
    bool plain; /* no cursor and no keys: for a file or a pipe */

    bool typing; /* a filter */
    char typed[TOP_FILTER_BYTES_MAX], filter[TOP_FILTER_BYTES_MAX];

    uint32_t cursor, scroll, page; /* page: rows that the table had when last drawn */
    bool expanded, follow;         /* follow: the cursor goes where the expanded row goes */
    uint32_t expanded_row, expanded_thread, expanded_generation;
    uint32_t selected_row, selected_thread; /* under the cursor when last drawn */
    bool selected;
};

void top_init(struct top *t, const struct query *query);
enum top_action top_key(struct top *t, int key, const struct live *l);

#endif
