/* How calls are noticed: a way for each range of versions. */
#ifndef HEATLINE_AGENT_HOOK_H
#define HEATLINE_AGENT_HOOK_H

#include <stdbool.h>

struct hook {
    bool (*fits)(void); /* this Python? */
    int (*start)(void); /* with the GIL; 0, or -1 with nothing changed */
    void (*stop)(void);
    void (*meet)(void); /* in a subinterpreter, with its GIL, as it begins to run */
    /* At each audit event; `module` is about to be imported, or "". May be NULL. */
    void (*heed)(const char *module);
};

extern const struct hook hook_monitoring, hook_eval_frame;

/* sys.monitoring for part of the calls only, beside another way. */
enum { MONITOR_PYTHON = 1, MONITOR_NATIVE = 2, MONITOR_RAISE = 4 };
int hook_monitor(int calls);      /* 0: none any more */
int hook_monitored_besides(void); /* what is wanted that the evaluation function does not see */

/* The one for this Python; NULL: there is none. */
const struct hook *hook_find(void);

#endif
