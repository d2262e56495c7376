/* Names of system calls. */
#ifndef HEATLINE_SUBJECT_SYSCALLS_H
#define HEATLINE_SUBJECT_SYSCALLS_H

#include <stdint.h>

/* "futex"; NULL for a number that the table (syscalls.def) does not have. */
const char *syscall_name(int64_t number);

#endif
