/* The writers behind the table in exporter.c; each stands in the file of its name. */
#ifndef HEATLINE_EXPORT_FORMATS_H
#define HEATLINE_EXPORT_FORMATS_H

#include "analysis/view.h"
#include "base/err.h"
#include "base/out.h"

int svg_write(const struct view *v, struct out *o, struct err *err);
int raw_write(const struct view *v, struct out *o, struct err *err);
int speedscope_write(const struct view *v, struct out *o, struct err *err);
int chrometrace_write(const struct view *v, struct out *o, struct err *err);
int perfetto_write(const struct view *v, struct out *o, struct err *err);
int pprof_write(const struct view *v, struct out *o, struct err *err);
int gecko_write(const struct view *v, struct out *o, struct err *err);
int cpuprofile_write(const struct view *v, struct out *o, struct err *err);

#endif
