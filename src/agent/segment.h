/* The shared recording, as seen from inside a traced process: the next free segment of the file, mapped. No descriptor
 * is kept: programs close what they do not know, and the number would soon be another file's. */
#ifndef HEATLINE_AGENT_SEGMENT_H
#define HEATLINE_AGENT_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "recording/format.h"

/* Maps the header of the recording. 0 or an errno. One at a time. When the file has `bytes_max` (0: any number),
 * either nothing more is recorded, or what is oldest gives way (`latest`). */
int segment_open(const char *path, uint64_t bytes_max, bool latest);
/* Nothing may be written any more. */
void segment_close(void);

bool segment_is_open(void);
bool segment_is_closed(void); /* the recorder has ended */
/* Or was it killed? Else it holds a lock on the recording. Three system calls. */
bool segment_is_abandoned(void);

uint32_t segment_new_stream(void);

/* Takes and maps the next segment; `old` (may be NULL) is unmapped. What is in `head` is written there, but for
 * the magic and the pid. NULL when there is no room. */
struct heat_segment *segment_next(struct heat_segment *old, const struct heat_segment *head);

/* Unmaps one, to which nobody writes any more unless it is the parent's; NULL is a no-op. */
void segment_leave(struct heat_segment *segment);

/* Tells the recorder that a trigger has fired. False: one has already. */
bool segment_trigger(uint64_t t_ns);

void segment_count_lost(uint64_t events);

#endif
