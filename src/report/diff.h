/* `heatline diff`: what functions cost in one recording beside another. Functions are the same if their
 * names and files are; lines may have moved. */
#ifndef HEATLINE_REPORT_DIFF_H
#define HEATLINE_REPORT_DIFF_H

#include "report/report.h"

enum diff_side { DIFF_BEFORE, DIFF_AFTER };

struct diff {
    struct intern *keys, *texts;
    struct vec rows; /* private */
    const char *titles[2];
    uint64_t whole_ns[2];
    double counted[2]; /* calls, or samples that the whole stands for */
    bool of_calls;
};

void diff_init(struct diff *d, bool of_calls);
void diff_release(struct diff *d);

/* Each side once, by calls (which it follows; 0 or -1) or by samples. */
int diff_add_calls(struct diff *d, enum diff_side side, struct calls *c, struct err *err);
void diff_add_view(struct diff *d, enum diff_side side, const struct view *v);

void diff_write(struct diff *d, const struct report_options *options, struct out *o);

#endif
