/* The rows of the table as the user wants them: chosen, filtered, sorted, one of them expanded. */
#ifndef HEATLINE_TUI_LIST_H
#define HEATLINE_TUI_LIST_H

#include "tui/top.h"

enum list_kind { LIST_ROW, LIST_CALLER, LIST_CALLEE };

struct list_item {
    enum list_kind kind;
    uint32_t row, thread;           /* row UINT32_MAX: nobody calls it; its own time */
    double own_percent, percent;    /* of an edge: `percent` of the expanded row's time */
    struct live_time since;         /* of an edge: total_ns */
    const struct live_thread *name; /* of the thread; NULL = all */
};

struct list {
    struct vec items; /* struct list_item */
};

void list_init(struct list *list);
void list_release(struct list *list);
void list_make(struct list *list, const struct top *t, struct live *l);

#endif
