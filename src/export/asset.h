/* Text files of this folder that are part of the program. */
#ifndef HEATLINE_EXPORT_ASSET_H
#define HEATLINE_EXPORT_ASSET_H

extern const char asset_flame_css[], asset_flame_js[]; /* NUL-ended */

#endif
