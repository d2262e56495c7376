/* Knows how a pid is written. */
#include "cli/pids.h"

#include <errno.h>
#include <stdlib.h>

int pids_of(const struct arguments *arguments, const struct vec *given, struct vec *ret_pids,
            struct err *err)
{
    for (size_t i = 0; i < given->len; i++)
        *(uint64_t *)vec_push(ret_pids) = *(const uint64_t *)vec_at(given, i);
    for (size_t i = 0; i < arguments->operand_count; i++) {
        const char *word = arguments->operands[i];
        char *end;
        errno = 0;
        long pid = strtol(word, &end, 0);
        if (*end || end == word || errno || pid < 1 || pid > INT32_MAX)
            return err_set(err, STATUS_USAGE, "'%s' is no process id", word);
        *(uint64_t *)vec_push(ret_pids) = (uint64_t)pid;
    }
    return 0;
}
