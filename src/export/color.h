/* Colours of frames: whose code it is gives the hue, which file the shade. */
#ifndef HEATLINE_EXPORT_COLOR_H
#define HEATLINE_EXPORT_COLOR_H

#include <stdint.h>

#include "analysis/view.h"

enum color_kind {
    COLOR_OWN,     /* the program's own code */
    COLOR_PACKAGE, /* site-packages */
    COLOR_LIBRARY, /* the standard library, frozen modules */
    COLOR_NEUTRAL, /* processes and threads */
    COLOR_MARK,    /* <GC> and the like */
    COLOR_KINDS
};

enum color_kind color_kind(const struct view_frame *frame);
uint32_t color_rgb(const struct view_frame *frame); /* 0xrrggbb */
uint32_t color_kind_rgb(enum color_kind kind);      /* the middle of its shades, for a legend */
const char *color_kind_name(enum color_kind kind);

#endif
