/* One failure, told in the user's words. Set-up paths take `struct err *` last; hot paths do not. */
#ifndef HEATLINE_BASE_ERR_H
#define HEATLINE_BASE_ERR_H

/* Also the exit status of the command that fails so (documented in docs/man/heatline.1). */
enum status {
    STATUS_OK = 0,
    STATUS_FAIL = 1,       /* anything that has no number of its own */
    STATUS_USAGE = 2,      /* the command line */
    STATUS_PERMISSION = 4, /* the kernel does not let us look */
    STATUS_NOT_PYTHON = 5, /* there is no Python that we can read in that process */
    STATUS_GONE = 6,       /* the process has ended or never was */
    STATUS_NOT_EXECUTABLE = 126,
    STATUS_NOT_FOUND = 127,
};

struct err {
    enum status status;
    char text[512]; /* one sentence, no full stop, no newline */
    char hint[512]; /* what to do about it; may be empty */
};

/* Sets status and text, clears the hint; always returns -1, so that `return err_set(…)` reads well. */
int err_set(struct err *err, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What the system said no to: "TEXT: strerror(error)", with the hint that goes with that errno; always -1. */
int err_system(struct err *err, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds the hint to an error already set; always returns -1. */
int err_hint(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
