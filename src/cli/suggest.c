/* Edit distance between what was typed and what there is. Knows nothing of options or commands. */
#include "cli/suggest.h"

#include <string.h>
#include <sys/param.h>

enum { WORD_BYTES_MAX = 32 };

unsigned suggest_distance(const char *typed, const char *name)
{
    unsigned rows[3][WORD_BYTES_MAX + 1];
    size_t typed_bytes = strlen(typed), name_bytes = strlen(name);

    if (typed_bytes > WORD_BYTES_MAX || name_bytes > WORD_BYTES_MAX)
        return WORD_BYTES_MAX;
    for (unsigned j = 0; j <= name_bytes; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= typed_bytes; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= name_bytes; j++) {
            unsigned replace = above[j - 1] + (typed[i - 1] != name[j - 1]);
            row[j] = MIN(replace, MIN(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && typed[i - 1] == name[j - 2] && typed[i - 2] == name[j - 1])
                row[j] = MIN(row[j], before[j - 2] + 1);
        }
    }
    return rows[typed_bytes % 3][name_bytes];
}

bool suggest_near(const char *typed, const char *name)
{
    return suggest_distance(typed, name) <= (strlen(name) + 2) / 3;
}

const char *suggest_choice(const char *typed, const char *(*choice)(size_t i))
{
    const char *best = NULL;

    for (size_t i = 0; choice(i) != NULL; i++) {
        const char *name = choice(i);
        if (suggest_near(typed, name) &&
            (best == NULL || suggest_distance(typed, name) < suggest_distance(typed, best)))
            best = name;
    }
    return best;
}
