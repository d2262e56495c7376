/* File names as people want to read them: from the outermost package on ("json/encoder.py"), else
 * the base name. Where the file is here to be looked at, a package is a folder with __init__.py;
 * where it is not (another machine, another container), what follows site-packages or lib/pythonX.Y
 * is taken. "<frozen x>" and the like stay as they are. */
#ifndef HEATLINE_ANALYSIS_FILENAME_H
#define HEATLINE_ANALYSIS_FILENAME_H

#include "base/intern.h"
#include "base/str.h"
#include "base/vec.h"

enum { FILENAME_LOOKS_MAX = 20000 }; /* folders asked about; beyond, names only */

struct filename {
    struct intern *folders;
    struct vec packages; /* char per folder: is it a package? */
    struct str path;     /* scratch */
};

void filename_init(struct filename *f);
void filename_release(struct filename *f);
/* The part of `path` to show: a pointer into it. */
const char *filename_short(struct filename *f, const char *path);

#endif
