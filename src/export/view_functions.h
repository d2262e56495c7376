/* The functions behind a view's frames: frames of one function differ in their line. */
#ifndef HEATLINE_EXPORT_VIEW_FUNCTIONS_H
#define HEATLINE_EXPORT_VIEW_FUNCTIONS_H

#include <stdint.h>

#include "analysis/view.h"

struct view_functions {
    const struct view *view;
    uint32_t *by_frame; /* view frame → function, from 1; 0 for "none" */
    uint32_t *frames;   /* function → its first frame in the view */
    uint32_t len;       /* functions + 1 */
};

void view_functions_init(struct view_functions *f, const struct view *v);
void view_functions_release(struct view_functions *f);
const struct view_frame *view_functions_frame(const struct view_functions *f, uint32_t function);

#endif
