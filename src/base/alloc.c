/* The one place where running out of memory is met: it says so and ends the process. Every size is
 * checked for overflow, since counts may come from a file or another process. */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void out_of_memory(void)
{
    static const char message[] = "heatline: out of memory\n";
    ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
    (void)written;
    _exit(1);
}

/* At least 1, so that NULL always means failure. */
static size_t product(size_t count, size_t item_bytes)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, item_bytes, &bytes))
        out_of_memory();
    return bytes ? bytes : 1;
}

void *alloc_zeroed(size_t count, size_t item_bytes)
{
    void *memory = calloc(1, product(count, item_bytes));
    if (!memory)
        out_of_memory();
    return memory;
}

void *alloc_resize(void *old, size_t count, size_t item_bytes)
{
    void *memory = realloc(old, product(count, item_bytes));
    if (!memory)
        out_of_memory();
    return memory;
}

char *alloc_copy(const char *text, size_t len_bytes)
{
    if (len_bytes == SIZE_MAX)
        out_of_memory();
    char *copy = alloc_resize(NULL, len_bytes + 1, 1);
    if (len_bytes)
        memcpy(copy, text, len_bytes);
    copy[len_bytes] = '\0';
    return copy;
}
