/* The interpreters and threads of one process, kept up to date. */
#ifndef HEATLINE_SAMPLER_ROSTER_H
#define HEATLINE_SAMPLER_ROSTER_H

#include "sampler/process.h"

enum { ROSTER_HEADS = 2 };
/* Where looks are frequent: the heads of the lists are due, for whoever reads this process's memory next. Read along,
 * they cost roster_refresh no system call. */
bool roster_heads_due(const struct process *p, uint64_t now_ns,
                      uint64_t ret_addresses[ROSTER_HEADS]);
void roster_heads_seen(struct process *p, const uint64_t heads[ROSTER_HEADS], uint64_t now_ns);
/* Looks whether the lists have changed, and follows. RD_TORN: there is no Python at the moment. */
enum rd roster_refresh(struct process *p, uint64_t now_ns);
/* Walks the lists: new threads are added, vanished ones marked `gone`. RD_TORN: they were changing. */
enum rd roster_scan(struct process *p, uint64_t now_ns);
void roster_drop_gone(struct process *p, uint64_t now_ns);
void roster_drop_all(struct process *p, uint64_t now_ns);
/* Asks threading for the names of new threads, if it is time to; it learns them a little after they start. */
void roster_name(struct process *p, uint64_t now_ns);

#endif
