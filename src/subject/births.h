/* The process numbers that the kernel has handed out since the last look, threads included. One
 * system call says that there was none. */
#ifndef HEATLINE_SUBJECT_BIRTHS_H
#define HEATLINE_SUBJECT_BIRTHS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct births {
    int fd;          /* a file that ends in the last number handed out; -1: this kernel has none */
    pid_t last_seen; /* numbers up to this one were told */
    pid_t newest;    /* the last one handed out */
    pid_t number_max;
};

void births_init(struct births *b); /* what was born before is not told */
void births_release(struct births *b);
/* Looks. False when nobody can say what was born: fd is -1, or more was than BIRTHS_MAX. */
bool births_look(struct births *b);
/* The next number that was told by births_look and not yet here; 0: none is left. The number may
 * belong to nobody: taken before, gone again, or not there yet. */
pid_t births_next(struct births *b);

enum { BIRTHS_MAX = 4096 };

#endif
