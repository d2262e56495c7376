/* What is done at calls of Python besides writing them, when it was asked for: a file for each such thing and its row in
 * extra.c. It may call Python: what that calls is not recorded, and an error that is being raised is kept. */
#ifndef HEATLINE_AGENT_EXTRA_H
#define HEATLINE_AGENT_EXTRA_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/lane.h"

struct call {
    void *code;
    void *
        frame; /* _PyInterpreterFrame, before 3.11 PyFrameObject; NULL: it is the thread's current one */
    void *result; /* at the end: borrowed. NULL: left by an exception … */
    void *exception_type, *exception, *trace; /* … of this kind, as PyErr_Fetch has them */
    uint32_t entry;                           /* of code.h */
    uint8_t kind;                             /* EVENT_ENTER … EVENT_UNWIND */
};

typedef void extra_function(struct lane *l, const struct call *call);

/* Each may be NULL. */
struct extra {
    bool (*begin)(void); /* recording begins, with the GIL: is it wanted? */
    void (*end)(void);
    extra_function *before_enter, *after_enter, *before_leave, *after_leave;
};

extern const struct extra extra_arguments, extra_collections, extra_prints, extra_audit,
    extra_exceptions, extra_tasks;

enum extra_moment { BEFORE_ENTER, AFTER_ENTER, BEFORE_LEAVE, AFTER_LEAVE };

/* With the GIL. */
void extras_begin(void);
void extras_end(void);
/* Is there any that wants to see calls? */
bool extras_are_active(void);
void extras_run(enum extra_moment moment, struct lane *l, struct call *call);

#endif
