/* Greenlets: stacks that take turns in one thread. At each switch the calls of the one are put to rest and those of the
 * other go on, as those of a generator do; with the configuration `tasks`, each greenlet is a task. */
#ifndef HEATLINE_AGENT_GREENLETS_H
#define HEATLINE_AGENT_GREENLETS_H

#include <stdbool.h>

#include "agent/lane.h"

/* Recording begins, with the GIL. */
void greenlets_begin(void);
/* A module of this name is about to be imported. */
void greenlets_importing(const char *module);

/* Has switches of this thread told, once greenlet is there. */
void greenlets_watch(struct lane *l);
/* Those of a thread that has ended, or of a recording that is over. */
void greenlets_forget(struct lane *l);

extern bool greenlets_expected; /* is greenlet imported, or about to be? */

/* Are switches of this lane's thread told, as far as there can be any? */
static inline bool greenlets_are_watched(const struct lane *l)
{
    return !greenlets_expected || l->calls_unwatched == UINT32_MAX;
}

#endif
