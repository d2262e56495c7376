/* What a query says of threads and names. */
#include "analysis/query.h"

#include <fnmatch.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool is_number(const char *text)
{
    size_t len = strspn(text, "0123456789");
    return len > 0 && text[len] == '\0';
}

bool query_matches(const char *const *patterns, const char *const *texts)
{
    for (; patterns && *patterns; patterns++) {
        for (const char *const *text = texts; *text; text++) {
            if (fnmatch(*patterns, *text, 0) == 0) {
                return true;
            }
        }
    }
    return false;
}

bool query_wants_thread(const struct query *q, uint32_t tid, const char *name)
{
    if (!q->thread_limit || !q->thread_limit[0]) {
        return true;
    }
    for (const char *const *limit = q->thread_limit; *limit; limit++) {
        if ((is_number(*limit) && strtoul(*limit, NULL, 10) == tid) ||
            fnmatch(*limit, name, 0) == 0) {
            return true;
        }
    }
    return false;
}
