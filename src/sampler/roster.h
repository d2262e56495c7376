/* The interpreters and threads of one process, kept up to date. */
#ifndef HEATLINE_SAMPLER_ROSTER_H
#define HEATLINE_SAMPLER_ROSTER_H

#include "sampler/process.h"

/* Looks whether the lists have changed, and follows. RD_TORN: there is no Python at the moment. */
enum rd roster_refresh(struct process *p, uint64_t now_ns);
/* Walks the lists: new threads are added, vanished ones marked `gone`. RD_TORN: they were changing. */
enum rd roster_scan(struct process *p, uint64_t now_ns);
void roster_drop_gone(struct process *p, uint64_t now_ns);
void roster_drop_all(struct process *p, uint64_t now_ns);
/* Asks threading for the names of new threads, if it is time to; it learns them a little after they start. */
void roster_name(struct process *p, uint64_t now_ns);

#endif
