/* The signals that a recording lives by, taken one by one instead of interrupting it. */
#ifndef HEATLINE_CLI_SIGNALS_H
#define HEATLINE_CLI_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

struct signal_event {
    int number; /* SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 or SIGCHLD; 0: none */
    bool
        from_terminal; /* the kernel sent it to the whole foreground group: the program has it too */
};

/* Blocks them for good. -1 on failure. */
int signals_open(void);
/* The next one that has come; false if none. */
bool signals_take(struct signal_event *ret_event);
enum signals_came {
    SIGNALS_NONE = 0,
    SIGNALS_SOME = 1,  /* to be taken */
    SIGNALS_INPUT = 2, /* `input_fd` can be read, or a signal that is not ours to take has come */
};

/* Waits until one has come, until `input_fd` (-1: none) can be read, or for so long. */
enum signals_came signals_wait(int input_fd, uint64_t for_ns);

#endif
