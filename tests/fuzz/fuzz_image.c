/* Any bytes as a memory image: it is refused, or every byte that can be read is its own. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "subject/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static void must(int truth)
{
    if (!truth)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
    struct err err;
    struct mem *m = mem_image_open_bytes(bytes, len_bytes, &err);
    if (!m)
        return 0;
    static const uint64_t STARTS[] = {0, 1 << 12, 1 << 16, 1ull << 32, 1ull << 47, UINT64_MAX - 64};
    static const size_t LENGTHS[] = {1, 7, 64, 4096};
    uint8_t buf[4096];
    size_t readable = 0;
    for (size_t i = 0; i < sizeof(STARTS) / sizeof(STARTS[0]); i++)
        for (uint64_t step = 0; step < 64; step++)
            for (size_t k = 0; k < sizeof(LENGTHS) / sizeof(LENGTHS[0]); k++) {
                enum rd rd = mem_read(m, STARTS[i] + step, buf, LENGTHS[k]);
                must(rd == RD_OK || rd == RD_TORN);
                readable += rd == RD_OK;
            }
    must(!readable || len_bytes > 0);
    mem_free(m);
    return 0;
}
