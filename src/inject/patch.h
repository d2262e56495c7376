/* Words to be written into another process while it is halted. */
#ifndef HEATLINE_INJECT_PATCH_H
#define HEATLINE_INJECT_PATCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "subject/mem.h"

enum { PATCH_WORDS_MAX = 12 };

struct patch {
    size_t len;
    struct patch_word {
        uint64_t address, value;
        uint32_t len_bytes; /* 4 or 8 */
    } words[PATCH_WORDS_MAX];
};

void patch_add(struct patch *p, uint64_t address, uint64_t value, uint32_t len_bytes);
/* In order. */
enum rd patch_write(const struct patch *p, pid_t pid);

/* Bytes, not through a patch. */
enum rd patch_bytes(pid_t pid, uint64_t address, const void *bytes, size_t len_bytes);

#endif
