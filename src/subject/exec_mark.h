/* Has a process become another program? */
#ifndef HEATLINE_SUBJECT_EXEC_MARK_H
#define HEATLINE_SUBJECT_EXEC_MARK_H

#include <stdint.h>
#include <sys/types.h>

/* What each exec changes, be it of the same file: where the kernel put the program and its stack. 0: not known. Without
 * address space randomization the same program with the same arguments and environment has the same. */
uint64_t exec_mark(pid_t pid);

#endif
