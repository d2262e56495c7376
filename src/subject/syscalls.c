/* Knows the numbers of the machine that it was compiled for, where the target runs too. */
#include "subject/syscalls.h"

#include <stddef.h>

enum { NONE = -1 };

#ifdef __x86_64__
#define SYSCALL(name, x86_64, aarch64) {x86_64, #name},
#else
#define SYSCALL(name, x86_64, aarch64) {aarch64, #name},
#endif

static const struct {
    int number;
    const char *name;
} rows[] = {
#include "subject/syscalls.def"
};

const char *syscall_name(int64_t number)
{
    for (size_t i = 0; number >= 0 && i < sizeof(rows) / sizeof(*rows); i++)
        if (rows[i].number == number)
            return rows[i].name;
    return NULL;
}
