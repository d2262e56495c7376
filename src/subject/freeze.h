/* Stops one thread of another process for the microseconds that a true read takes (ptrace SEIZE and INTERRUPT:
 * no signal is sent, and the process never learns of it). While a thread is seized its signals pass through
 * us and no debugger can attach, so it is let go again as soon as it is not needed. */
#ifndef HEATLINE_SUBJECT_FREEZE_H
#define HEATLINE_SUBJECT_FREEZE_H

#include <stdbool.h>
#include <sys/types.h>

#include "subject/mem.h"

enum freeze_state {
    FREEZE_FREE,
    FREEZE_SEIZED,
    FREEZE_STOPPED,
    FREEZE_PENDING /* asked, not yet stopped */
};

struct freeze {
    pid_t tid;
    enum freeze_state state;
    int group_stop;  /* the signal of a job-control stop that it is in, or 0 */
    int wait_status; /* of a thread that ended while it was ours: what waitpid said; else -1 */
};

void freeze_init(struct freeze *f, pid_t tid);

/* Seizes if need be and stops. RD_OK: it runs none of its own code until it is thawed: it is stopped, or, if that
 * took longer than 0.2 ms (FREEZE_PENDING), it waits for a CPU or is in the kernel and will stop before it comes back.
 * RD_DENIED: another tracer, or not permitted. RD_GONE: it ended. */
enum rd freeze_stop(struct freeze *f);
/* Lets it run on. `keep`: stays seized, so that the next stop costs less. */
void freeze_thaw(struct freeze *f, bool keep);
/* Passes on what happened to a seized thread meanwhile (signals, job control, its end); call when SIGCHLD came. */
void freeze_attend(struct freeze *f);
/* Lets go of it whatever its state. */
void freeze_release(struct freeze *f);

#endif
