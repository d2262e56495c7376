/* The frames of a suspended coroutine, and of the coroutines and generators that it awaits
 * (3.14+). */
#ifndef HEATLINE_CPYTHON_COROUTINE_H
#define HEATLINE_CPYTHON_COROUTINE_H

#include <stddef.h>
#include <stdint.h>

#include "cpython/layout.h"
#include "cpython/tasks.h"
#include "subject/mem.h"

/* Fills ret_frames from the outermost to the one that awaits something else than Python code,
 * at most `count_max`. None for a coroutine that runs, has not begun or is over. */
enum rd coroutine_frames(struct mem *m, const struct layout *l, uint64_t coroutine,
                         struct tasks_frame *ret_frames, size_t count_max, size_t *ret_count);

#endif
