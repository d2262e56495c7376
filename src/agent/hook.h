/* How calls are noticed: a way for each range of versions. */
#ifndef HEATLINE_AGENT_HOOK_H
#define HEATLINE_AGENT_HOOK_H

struct hook {
    int minor_min, minor_max; /* of 3.MINOR */
    int (*start)(void);       /* with the GIL; 0, or -1 with nothing changed */
    void (*stop)(void);
};

extern const struct hook hook_monitoring, hook_eval_frame;

/* The one for this Python; NULL: there is none. */
const struct hook *hook_find(void);

#endif
