#include "subject/exec_mark.h"

#include <stdio.h>

#include "base/proc_stat.h"

uint64_t exec_mark(pid_t pid)
{
    char text[PROC_STAT_BYTES];
    unsigned long long code = 0, stack = 0; /* startcode and startstack, fields 26 and 28 */
    const char *fields = proc_stat_read(pid, text);
    if (fields)
        sscanf(fields,
               "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %*u "
               "%*u %*d %*u %llu %*u %llu",
               &code, &stack);
    return code ^ stack << 1;
}
