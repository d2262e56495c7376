/* Makes view frames of profile frames: labels, merging what looks the same, which patterns match. */
#ifndef HEATLINE_ANALYSIS_FRAMES_H
#define HEATLINE_ANALYSIS_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/filename.h"
#include "analysis/view.h"
#include "base/intern.h"
#include "base/str.h"
#include "base/vec.h"

enum frames_match { FRAMES_INCLUDED = 1 << 0, FRAMES_EXCLUDED = 1 << 1 };

struct frames {
    const struct profile *profile;
    const struct query *query;
    struct intern *texts, *keys; /* every text shown; what makes two frames the same */
    struct vec rows;             /* struct frames_row, by view frame */
    uint32_t *by_frame;          /* profile frame → view frame; 0 = not made yet */
    uint32_t *by_file;           /* string id of a file → texts id of its short name + 1 */
    struct filename filename;
    struct str label, key; /* scratch */
};

void frames_init(struct frames *f, const struct profile *p, const struct query *q,
                 struct intern *texts);
void frames_release(struct frames *f);

/* Ids of view frames. `frame` must be an entry of the profile other than "none". */
uint32_t frames_of(struct frames *f, struct frame_id frame);
uint32_t frames_synthetic(struct frames *f, enum view_frame_kind kind, const char *label);
unsigned frames_match(const struct frames *f, uint32_t view_frame); /* enum frames_match */
/* `text` made fit to be shown, kept as long as the view. */
uint32_t frames_text(struct frames *f, const char *text);
/* Writes all frames into `out` (struct view_frame); the texts must not grow afterwards. */
void frames_write(const struct frames *f, struct vec *out);

#endif
