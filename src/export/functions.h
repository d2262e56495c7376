/* The functions behind a view's frames: frames of one function differ in their line. */
#ifndef HEATLINE_EXPORT_FUNCTIONS_H
#define HEATLINE_EXPORT_FUNCTIONS_H

#include <stdint.h>

#include "analysis/view.h"

struct functions {
    const struct view *view;
    uint32_t *by_frame; /* view frame → function, from 1; 0 for "none" */
    uint32_t *frames;   /* function → its first frame in the view */
    uint32_t len;       /* functions + 1 */
};

void functions_init(struct functions *f, const struct view *v);
void functions_release(struct functions *f);
const struct view_frame *functions_frame(const struct functions *f, uint32_t function);

#endif
